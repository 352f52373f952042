import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import { isTurnStage, speakerOf, stagesOf, type TurnStage } from '../../../workflows/contracts/run/stages.ts';
import { builtinPath } from '../../artifacts/builtin.ts';
import { readLanguageJson } from '../../artifacts/languages/language-json.ts';
import { perLanguage } from '../../artifacts/languages/per-language.ts';
import { OccurrenceTable } from '../../teacher/ledger/occurrences.ts';
import type { RunPrompts } from '../prompt/run-prompts.ts';
import { conversationPrompt, messagesOf, turnTexts } from './conversation-prompt.ts';
import { turnTokens } from './requests.ts';
import { turnSizes } from './turn-sizes.ts';

/** @throws AlpacaError InvalidInput naming the language's file where it is missing or holds something else */
export const turnTextsOf = perLanguage((language) =>
  readLanguageJson(builtinPath('turns', language), turnTexts),
);

/**
 * The prompts of one stage of conversations: for each row the next message, in the words of the row's language. They are a
 * function of the conversation alone, so an equal one is asked for its own answer by how often it came before.
 */
export function createTurnPrompts(
  settings: Pick<RequestSettings, 'promptsPerRequest' | 'language' | 'turns' | 'maxTokens'>,
  stage: TurnStage,
  rows: readonly DataRow[],
): RunPrompts {
  const { promptsPerRequest, language } = settings;
  const promptOf = (row: DataRow) =>
    conversationPrompt(messagesOf(row), speakerOf(stage), turnTextsOf(row.language ?? language));
  const textAt = (index: number) => {
    const row = rows[index];
    if (row === undefined) throw new RangeError(`the stage ${stage} has no prompt ${index}`);
    return promptOf(row);
  };
  const occurrences = new OccurrenceTable(textAt);
  const longest = () =>
    rows
      .map(promptOf)
      .reduce((one, other) => (Buffer.byteLength(other) > Buffer.byteLength(one) ? other : one), '');
  const stages = stagesOf({ method: 'alpaca', turns: settings.turns });
  const later = stages.slice(stages.indexOf(stage) + 1).filter(isTurnStage);
  return {
    text: (request, prompt) => textAt(request * promptsPerRequest + prompt),
    occurrence: (request, prompt) => occurrences.occurrenceOf(request * promptsPerRequest + prompt),
    maxTokens: () => turnTokens(stage),
    longest,
    sizes: () => turnSizes({ prompts: rows.map(promptOf), longest: longest(), stage }, later),
  };
}

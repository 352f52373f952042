import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import type { Attempt } from '../../../activities/attempt.ts';
import { withCandidate } from '../../../activities/evaluate/answers/candidate.ts';
import { openModel } from '../../../activities/model/model-process.ts';
import type { Asked } from '../../../activities/tokenize/chat/asking.ts';
import { COMPLETE_OPTIONS, completionSettings } from '../definitions/step-options.ts';
import { existingModel } from '../model/named-model.ts';
import { UsageError } from '../outcome.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { adapterOption, terminalAttempt } from './step.ts';

interface CompleteOptions extends Record<string, unknown> {
  model: string;
  adapter?: string;
  prompt?: string;
  instruction?: string;
  input?: string;
  greedy?: boolean;
}

/** `alpaca complete`: continues a prompt as it stands, or an instruction in the form that the model was taught. */
export async function complete(
  options: CompleteOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, completionSettings, COMPLETE_OPTIONS);
  const settings = parseInput(completionSettings, given, 'options');
  checkPrompt(options);
  const path =
    options.model === 'builtin' ? builtinPath('tiny-model', 'en') : await existingModel(options.model);
  const opening = adapterOption(options);
  const rooms = {
    openModel: (model: string, attempt: Attempt) => openModel(model, attempt, opening),
    workspace: () => mkdtemp(join(tmpdir(), 'alpaca-complete-')),
  };
  const attempt = terminalAttempt(signal);
  const result = await withCandidate(
    path,
    settings.runSeed,
    rooms,
    attempt,
    async ({ inference, tokenizer, stopIds }) => {
      const [promptIds = []] = await tokenizer.prompts([askedOf(options)]);
      const [ids = []] = await inference.complete([promptIds], {
        maxNewTokens: settings.maxNewTokens,
        temperature: options.greedy ? 0 : settings.temperature,
        topP: settings.topP,
        topK: settings.topK,
        seed: settings.runSeed,
        stopIds,
      });
      const [text = ''] = await tokenizer.decode([ids]);
      return { promptIds, ids, text };
    },
  );
  terminal.result(result, result.text);
}

function checkPrompt({ prompt, instruction }: CompleteOptions): void {
  if ((prompt === undefined) === (instruction === undefined))
    throw new UsageError('Give --prompt TEXT, or --instruction TEXT [--input TEXT].');
}

function askedOf({ prompt, instruction = '', input = '' }: CompleteOptions): Asked {
  return prompt ?? { instruction, input };
}

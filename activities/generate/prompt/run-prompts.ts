import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import { OccurrenceTable } from '../../teacher/ledger/occurrences.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { drawSeedTasks } from './draw.ts';
import { encodePrompt, type ShownTask } from './prompt.ts';
import type { StageSizes } from './stage-sizes.ts';

export type PromptSettings = Pick<
  RequestSettings,
  'runSeed' | 'seedTasksPerPrompt' | 'promptsPerRequest' | 'instructionsPerPrompt'
>;

/**
 * The prompts of a run, each a function of the run's settings, its seed tasks, its place and, where the settings let
 * prompts see, of what earlier requests brought.
 */
export interface RunPrompts {
  /** the text of prompt `prompt` (from 0) of request `request` */
  text(request: number, prompt: number): string;
  /**
   * How many prompts before it in the run have the same text; where prompts see, which makes nearly each unlike
   * all others, its own index in the run.
   */
  occurrence(request: number, prompt: number): number;
  /** a prompt as long in bytes as any of the run can be */
  longest(): string;
  /** the most tokens of its answer, where they are not the settings' */
  maxTokens?(request: number, prompt: number): number;
  /** of a run in several: the language that it asks for */
  language?(request: number, prompt: number): string;
  /** of a run that is to have shares: the names of those that an accepted row is of */
  sharesOf?(row: Pick<DataRow, 'instruction' | 'input' | 'language'>): readonly string[];
  /** of what has stages; measured where it is asked for */
  sizes?(): StageSizes;
}

/**
 * @param requirements the text of `seeds/prompts/LANGUAGE.txt`
 * @param output how the profile's answers come: a structured one is asked for in other words
 */
export function createRunPrompts(
  settings: PromptSettings,
  tasks: readonly ShownTask[],
  requirements: string,
  output: TeacherProfile['output'] = 'text',
): RunPrompts {
  const { runSeed, seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt } = settings;
  const ending = output === 'text' ? 'heading' : 'json';
  const text = (request: number, prompt: number) => {
    const drawn = drawSeedTasks(runSeed, request, prompt, seedTasksPerPrompt, tasks.length);
    const shown = drawn.flatMap((index) => tasks[index] ?? []);
    return encodePrompt(requirements, shown, instructionsPerPrompt, ending);
  };
  const occurrences = new OccurrenceTable((index) =>
    text(Math.floor(index / promptsPerRequest), index % promptsPerRequest),
  );
  return {
    text,
    occurrence: (request, prompt) => occurrences.occurrenceOf(request * promptsPerRequest + prompt),
    longest() {
      const bytes = (task: ShownTask) => Buffer.byteLength(encodePrompt('', [task], 0));
      const byLength = [...tasks].sort((a, b) => bytes(b) - bytes(a));
      return encodePrompt(requirements, byLength.slice(0, seedTasksPerPrompt), instructionsPerPrompt, ending);
    },
  };
}

export type SamplingSettings = Pick<
  RequestSettings,
  'instructionsPerPrompt' | 'temperature' | 'topP' | 'maxTokens'
>;

/** The end-of-text token of the legacy completion models' vocabulary, which the recipe forbids. */
const LEGACY_END_OF_TEXT = '50256';

/** The original request for one prompt, with the recipe's parameters. */
export function generationRequest(
  prompt: string,
  settings: SamplingSettings,
  { style, model, output }: Pick<TeacherProfile, 'style' | 'model' | 'output'>,
): TeacherRequest {
  const { temperature, topP, maxTokens } = settings;
  const sampling = { model, temperature, topP, maxTokens };
  const messages = [{ role: 'user' as const, content: prompt }];
  // A stop sequence such as "20." would end JSON anywhere; its schema says where it ends.
  if (output === 'structured') return { style: 'chat', ...sampling, stop: [], messages, output: 'task-list' };
  const stop = stopSequences(settings.instructionsPerPrompt);
  return style === 'chat'
    ? { style, ...sampling, stop, messages }
    : { style, ...sampling, stop, prompt, logitBias: { [LEGACY_END_OF_TEXT]: -100 } };
}

/**
 * The recipe's stops: the answer ends before the instruction numbered `instructionsPerPrompt`. Two quirks are the
 * original's, which sends ["\n20", "20.", "20."]: the last stands twice, and it ends an answer at "1920." too.
 * Both stay: the key of a request in the ledger is a digest of its stops as well, so with others no completion
 * that was ever paid for would be found again.
 */
export function stopSequences(instructionsPerPrompt: number): string[] {
  return [`\n${instructionsPerPrompt}`, `${instructionsPerPrompt}.`, `${instructionsPerPrompt}.`];
}

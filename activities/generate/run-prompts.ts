import type { RequestSettings } from '../../workflows/contracts/activities.ts';
import type { TeacherRequest } from '../teacher/client.ts';
import type { TeacherProfile } from '../teacher/profiles.ts';
import { drawSeedTasks } from './draw.ts';
import { OccurrenceTable } from './occurrences.ts';
import { encodePrompt, type ShownTask } from './prompt.ts';

export type PromptSettings = Pick<
  RequestSettings,
  'runSeed' | 'seedTasksPerPrompt' | 'promptsPerRequest' | 'instructionsPerPrompt'
>;

/** The prompts of a run, each a function of the run's settings, its seed tasks and its place. */
export interface RunPrompts {
  /** the text of prompt `prompt` (from 0) of request `request` */
  text(request: number, prompt: number): string;
  /** how many prompts before it in the run have the same text */
  occurrence(request: number, prompt: number): number;
  /** a prompt as long in bytes as any of the run can be */
  longest(): string;
}

/** @param requirements the text of `seeds/prompts/LANGUAGE.txt` */
export function createRunPrompts(
  settings: PromptSettings,
  tasks: readonly ShownTask[],
  requirements: string,
): RunPrompts {
  const { runSeed, seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt } = settings;
  const text = (request: number, prompt: number) => {
    const drawn = drawSeedTasks(runSeed, request, prompt, seedTasksPerPrompt, tasks.length);
    const shown = drawn.flatMap((index) => tasks[index] ?? []);
    return encodePrompt(requirements, shown, instructionsPerPrompt);
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
      return encodePrompt(requirements, byLength.slice(0, seedTasksPerPrompt), instructionsPerPrompt);
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
  { style, model }: Pick<TeacherProfile, 'style' | 'model'>,
): TeacherRequest {
  const { temperature, topP, maxTokens } = settings;
  const sampling = {
    model,
    temperature,
    topP,
    maxTokens,
    stop: stopSequences(settings.instructionsPerPrompt),
  };
  return style === 'chat'
    ? { style, ...sampling, messages: [{ role: 'user', content: prompt }] }
    : { style, ...sampling, prompt, logitBias: { [LEGACY_END_OF_TEXT]: -100 } };
}

/** The recipe's stops: the answer ends before the instruction numbered `instructionsPerPrompt`. */
export function stopSequences(instructionsPerPrompt: number): string[] {
  return [`\n${instructionsPerPrompt}`, `${instructionsPerPrompt}.`, `${instructionsPerPrompt}.`];
}

import type { ArtifactReference } from './reference.ts';
import type { GenerateInput } from './steps.ts';

type RequestFields = Pick<
  GenerateInput,
  | 'runSeed'
  | 'language'
  | 'teacher'
  | 'seedTasksPerPrompt'
  | 'promptsPerRequest'
  | 'instructionsPerPrompt'
  | 'temperature'
  | 'topP'
  | 'maxTokens'
  | 'ledger'
>;

/** The part of the input that a request's prompts and the ledger keys are a function of. */
export interface RequestSettings extends RequestFields {
  seedTasks: ArtifactReference;
}

/** @param seedTasks as the store has them, in place of where the input takes them from */
export function requestSettings(input: RequestFields, seedTasks: ArtifactReference): RequestSettings {
  return {
    runSeed: input.runSeed,
    language: input.language,
    teacher: input.teacher,
    seedTasksPerPrompt: input.seedTasksPerPrompt,
    promptsPerRequest: input.promptsPerRequest,
    instructionsPerPrompt: input.instructionsPerPrompt,
    temperature: input.temperature,
    topP: input.topP,
    maxTokens: input.maxTokens,
    ledger: input.ledger,
    seedTasks,
  };
}

import type { SelfInstructStage } from '../../../workflows/contracts/run/stages.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';

type AskedOf = Pick<TeacherProfile, 'style' | 'model'>;

/**
 * The original's parameters. Where it samples greedily (temperature 0) it states a `top_p` of 0, which many endpoints refuse
 * and which changes nothing there: ours is 1. Chat models put blank lines between the points of a list, may say the
 * question again, and may write "Task:" before they begin, so nothing that ends an answer too early is a stop for them:
 * `parse` ends it then.
 */
const SAMPLING = {
  instructions: { temperature: 0.7, topP: 0.5, presencePenalty: 2, maxTokens: 1024 },
  classification: { temperature: 0, topP: 1, maxTokens: 3 },
  instances: { temperature: 0, topP: 1, presencePenalty: 1.5, maxTokens: 350 },
} as const;

/** Where the original's answers end. */
export const STOPS = {
  instructions: ['\n\n', '\n16', '16.', '16 .'],
  classification: ['\n', 'Task'],
  instances: ['Example 6', 'Task:'],
} as const;

const CHAT_STOPS = {
  instructions: ['\n16', '16.', '16 .'],
  classification: [],
  instances: ['Example 6', '\nTask:'],
} as const;

/** Tokens: a chat model may say the question before its yes or no. */
const CHAT_CLASSIFICATION_TOKENS = 16;

/**
 * The original request for one prompt of a stage, in text whatever form a profile's answers have.
 *
 * @param maxTokens of instances: `instanceTokens` of what is asked together; of the other stages as they are
 */
export function selfInstructRequest(
  stage: SelfInstructStage,
  prompt: string,
  { style, model }: AskedOf,
  maxTokens = tokenLimit(stage, { style }),
): TeacherRequest {
  const sampling = { model, ...SAMPLING[stage], maxTokens };
  return style === 'chat'
    ? { style, ...sampling, stop: CHAT_STOPS[stage], messages: [{ role: 'user', content: prompt }] }
    : { style, ...sampling, stop: STOPS[stage], prompt, logitBias: {} };
}

/** The most tokens of one answer of a stage. */
export function tokenLimit(stage: SelfInstructStage, { style }: Pick<AskedOf, 'style'>): number {
  return stage === 'classification' && style === 'chat'
    ? CHAT_CLASSIFICATION_TOKENS
    : SAMPLING[stage].maxTokens;
}

/**
 * The token limit of instances whose prompts are asked together: as in the original 300 where a classification is among
 * them, whose prompt is longer, and else 350. Prompts of one API request share one limit.
 */
export function instanceTokens(isClassification: readonly boolean[]): number {
  return isClassification.includes(true) ? 300 : SAMPLING.instances.maxTokens;
}

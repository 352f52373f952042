import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import { speakerOf, type TurnStage } from '../../../workflows/contracts/run/stages.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { TURN_STOPS } from './conversation-prompt.ts';

/** Tokens: a question is a few sentences, an answer as long as those of the recipe may be with room. */
const MOST_TOKENS = { user: 256, assistant: 1024 } as const;

/** The most tokens of one message that a stage asks for. */
export function turnTokens(stage: TurnStage): number {
  return MOST_TOKENS[speakerOf(stage)];
}

/** The original request for a message of a conversation, as text whatever form a profile's answers have. */
export function turnRequest(
  stage: TurnStage,
  prompt: string,
  { temperature, topP }: Pick<RequestSettings, 'temperature' | 'topP'>,
  { style, model }: Pick<TeacherProfile, 'style' | 'model'>,
): TeacherRequest {
  const sampling = { model, temperature, topP, maxTokens: turnTokens(stage), stop: TURN_STOPS };
  return style === 'chat'
    ? { style, ...sampling, messages: [{ role: 'user', content: prompt }] }
    : { style, ...sampling, prompt, logitBias: {} };
}

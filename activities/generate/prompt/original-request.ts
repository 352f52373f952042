import { isTurnStage } from '../../../workflows/contracts/run/stages.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import type { GenerationRun } from '../generation-run.ts';
import { selfInstructRequest } from '../self-instruct/requests.ts';
import { turnRequest } from '../turns/requests.ts';
import { generationRequest } from './run-prompts.ts';

/** The original request of a place in a run: what its key in the ledger is made of. */
export function originalRequest(
  { request, prompt }: { request: number; prompt: number },
  { prompts, settings, profile }: Pick<GenerationRun, 'prompts' | 'settings' | 'profile'>,
): TeacherRequest {
  const text = prompts.text(request, prompt);
  const { stage } = settings;
  if (stage === null) return generationRequest(text, settings, profile);
  if (isTurnStage(stage)) return turnRequest(stage, text, settings, profile);
  return selfInstructRequest(stage, text, profile, prompts.maxTokens?.(request, prompt));
}

import { setTimeout as delay } from 'node:timers/promises';
import { askOnce } from '../generate/asking.ts';
import type { Ledger } from '../generate/ledger.ts';
import type { TeacherClient, TeacherRequest } from '../teacher/client.ts';
import { TeacherFailure } from '../teacher/failures.ts';
import type { TeacherProfile } from '../teacher/profiles.ts';
import type { Judge } from './judge.ts';
import type { ChatMessage } from './judge-prompt.ts';

/** Tokens for the verdict: the JSON object, and a sentence around it from judges that add one. */
const VERDICT_TOKENS = 64;

/** Failures in a row of one request that may pass by themselves, before the step is failed. */
const TRIES = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;

/**
 * A teacher profile as a judge. Its verdicts are kept in the response ledger, so that none is paid for
 * twice: not by a retry, and not by another evaluation of the same answers. `paidBy` names the evaluation.
 */
export function createTeacherJudge(client: TeacherClient, ledger: Ledger, paidBy: string): Judge {
  return {
    name: client.profile.name,
    async prefer(messages, occurrence, signal) {
      const request = requestFor(client.profile, messages);
      let waitMs = FIRST_WAIT_MS;
      // A lost asking (sent, and no answer found) may have been paid for; the next one counts as new.
      for (let asking = 0, failures = 0; ; ) {
        try {
          const outcome = await askOnce({ request, occurrence, asking, paidBy }, client, ledger, signal);
          if (outcome.status === 'lost') asking += 1;
          else return outcome.status === 'answered' ? outcome.entry.text : '';
        } catch (error) {
          failures += 1;
          if (!(error instanceof TeacherFailure) || !error.retryable || failures === TRIES) throw error;
          await delay(Math.min(error.retryAfterMs ?? waitMs, LONGEST_WAIT_MS), undefined, { signal });
          waitMs *= 2;
        }
      }
    },
  };
}

function requestFor(profile: TeacherProfile, messages: ChatMessage[]): TeacherRequest {
  const sampling = { model: profile.model, temperature: 0, topP: 1, maxTokens: VERDICT_TOKENS, stop: [] };
  if (profile.style === 'chat') return { style: 'chat', ...sampling, messages };
  const prompt = `${messages.map(({ content }) => content).join('\n\n')}\n`;
  return { style: 'completions', ...sampling, prompt, logitBias: {} };
}

import type { TeacherRequest } from '../../teacher/client.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import type { ChatMessage } from '../../teacher/request-body.ts';
import { type Account, askWithinBudget, questionsAtOnce, requireBudget } from '../answers/budgeted-asking.ts';
import type { Judge } from './judge.ts';

/** Tokens that a verdict may have: the JSON object, and a sentence around it from judges that add one. */
const MOST_VERDICT_TOKENS = 64;

/**
 * A teacher profile as a judge. Its verdicts are kept in the response ledger, so that none is paid for
 * twice: not by a retry, and not by another evaluation of the same answers. A profile with structured
 * output is held to the form of a verdict.
 */
export function createTeacherJudge(account: Account): Judge {
  requireBudget(account, 'judge');
  const { profile } = account.client;
  return {
    name: profile.name,
    pairsAtOnce: questionsAtOnce(account),
    async prefer(messages, occurrence, signal) {
      const { outcome, text } = await askWithinBudget(
        account,
        requestFor(profile, messages),
        occurrence,
        signal,
      );
      return outcome === 'answered' ? text : '';
    },
  };
}

function requestFor({ model, style, output }: TeacherProfile, messages: ChatMessage[]): TeacherRequest {
  const sampling = { model, temperature: 0, topP: 1, maxTokens: MOST_VERDICT_TOKENS, stop: [] };
  if (style === 'completions') {
    const prompt = `${messages.map(({ content }) => content).join('\n\n')}\n`;
    return { style, ...sampling, prompt, logitBias: {} };
  }
  if (output === 'structured') return { style, ...sampling, messages, output: 'preference' };
  return { style, ...sampling, messages };
}

import { AlpacaError } from '../../errors.ts';
import { TextlessAnswers } from '../../teacher/answer/emptiness.ts';
import { isForLackOfTokens } from '../../teacher/answer/ends.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import type { ChatMessage } from '../../teacher/request-body.ts';
import { type Account, askWithinBudget, questionsAtOnce, requireBudget } from '../answers/budgeted-asking.ts';
import type { Judge } from './judge.ts';
import { MORE_TOKENS } from './no-verdicts.ts';

/** How often a judge that does not take a temperature of 0 is asked for a verdict that can be read. */
const ASKINGS = 3;

/**
 * A teacher profile as a judge. Its verdicts are kept in the response ledger, so that none is paid for
 * twice: not by a retry, and not by another evaluation of the same answers. A profile with structured
 * output is held to the form of a verdict.
 *
 * @param verdictTokens what a reply may have: the JSON object and a sentence around it, or a judge's thinking too
 */
export function createTeacherJudge(account: Account, verdictTokens: number): Judge {
  requireBudget(account, 'judge');
  const { profile } = account.client;
  return {
    name: profile.name,
    pairsAtOnce: questionsAtOnce(account),
    verdictTokens,
    // At a temperature of 0 the same question has the same answer, and costs as much again.
    askings: profile.supportsSampling ? 1 : ASKINGS,
    async prefer(messages, occurrence, signal) {
      const request = requestFor(profile, messages, verdictTokens);
      const asking = askWithinBudget(account, request, occurrence, signal);
      const answer = await asking.catch((error: unknown) => {
        throw isAllThinking(error) ? noTokensLeft(profile.name, verdictTokens) : error;
      });
      const { outcome, text, finishReason } = answer;
      return { text: outcome === 'answered' ? text : '', cut: isForLackOfTokens(finishReason) };
    },
  };
}

function isAllThinking(error: unknown): boolean {
  return error instanceof TextlessAnswers && error.kind === 'limit';
}

/** No wait helps: a run that goes on cannot give its judge more tokens. */
function noTokensLeft(name: string, verdictTokens: number): AlpacaError {
  return new AlpacaError(
    'Configuration',
    `The judge "${name}" gives no verdict: all ${verdictTokens} tokens of its latest replies were spent before the first word, as on thinking.`,
    { remedy: MORE_TOKENS },
  );
}

function requestFor(
  { model, style, output }: TeacherProfile,
  messages: ChatMessage[],
  maxTokens: number,
): TeacherRequest {
  const sampling = { model, temperature: 0, topP: 1, maxTokens, stop: [] };
  if (style === 'completions') {
    const prompt = `${messages.map(({ content }) => content).join('\n\n')}\n`;
    return { style, ...sampling, prompt, logitBias: {} };
  }
  if (output === 'structured') return { style, ...sampling, messages, output: 'preference' };
  return { style, ...sampling, messages };
}

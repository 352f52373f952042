import { AlpacaError } from '../../errors.ts';
import { TextlessAnswers } from '../../teacher/answer/emptiness.ts';
import { isForLackOfTokens } from '../../teacher/answer/ends.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import { type Ledger, type LedgerEntry, ledgerKey } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import type { ChatMessage } from '../../teacher/request-body.ts';
import {
  type Account,
  answerText,
  askWithinBudget,
  questionsAtOnce,
  requireBudget,
} from '../answers/budgeted-asking.ts';
import type { Judge, Reply } from './judge.ts';
import { moreTokens, type VerdictForm } from './no-verdicts.ts';

/** Verdicts and grades have a ledger of their own, so that nothing pays for one twice. */
export const JUDGE_LEDGER = 'judge';

/** How often a judge that does not take a temperature of 0 is asked for a verdict that can be read. */
const ASKINGS = 3;

/**
 * A teacher profile as a judge. Its verdicts are kept in the response ledger, so that none is paid for
 * twice: not by a retry, and not by another evaluation of the same answers. A profile with structured
 * output is held to the form of a verdict.
 *
 * @param verdictTokens what a reply may have: the JSON object and a sentence around it, or a judge's thinking too
 */
export function createTeacherJudge(account: Account, verdictTokens: number, form: VerdictForm): Judge {
  requireBudget(account, 'judge');
  const { profile } = account.client;
  return {
    ...judgeOf(profile, verdictTokens),
    atOnce: questionsAtOnce(account),
    async reply(messages, occurrence, signal) {
      const request = requestFor(profile, messages, verdictTokens, form);
      const asking = askWithinBudget(account, request, occurrence, signal);
      const answer = await asking.catch((error: unknown) => {
        throw isAllThinking(error) ? noTokensLeft(profile.name, verdictTokens, form) : error;
      });
      return replyIn(answer);
    },
  };
}

/** The same judge by what the ledger has of it: nobody is asked, and a verdict that is not there is NotFound. */
export function createRecordedJudge(
  profile: TeacherProfile,
  ledger: Ledger,
  verdictTokens: number,
  form: VerdictForm,
): Judge {
  return {
    ...judgeOf(profile, verdictTokens),
    atOnce: LOOKED_UP_AT_ONCE,
    async reply(messages, occurrence) {
      const key = ledgerKey(requestFor(profile, messages, verdictTokens, form), occurrence);
      const entry = await ledger.read(key);
      if (entry === null)
        throw new AlpacaError(
          'NotFound',
          `The ledger "${ledger.name}" has no answer ${key} of ${profile.name}.`,
        );
      return replyIn({ ...entry, text: answerText(entry.text, profile) });
    },
  };
}

const LOOKED_UP_AT_ONCE = 16;

function judgeOf({ name, supportsSampling }: TeacherProfile, verdictTokens: number) {
  // At a temperature of 0 the same question has the same answer, and costs as much again.
  return { name, verdictTokens, askings: supportsSampling ? 1 : ASKINGS };
}

function replyIn({ outcome, text, finishReason }: LedgerEntry): Reply {
  return { text: outcome === 'answered' ? text : '', cut: isForLackOfTokens(finishReason) };
}

function isAllThinking(error: unknown): boolean {
  return error instanceof TextlessAnswers && error.kind === 'limit';
}

/** No wait helps: a run that goes on cannot give its judge more tokens. */
function noTokensLeft(name: string, verdictTokens: number, form: VerdictForm): AlpacaError {
  return new AlpacaError(
    'Configuration',
    `The judge "${name}" gives no verdict: all ${verdictTokens} tokens of its latest replies were spent before the first word, as on thinking.`,
    { remedy: moreTokens(form) },
  );
}

function requestFor(
  { model, style, output }: TeacherProfile,
  messages: ChatMessage[],
  maxTokens: number,
  form: VerdictForm,
): TeacherRequest {
  const sampling = { model, temperature: 0, topP: 1, maxTokens, stop: [] };
  if (style === 'completions') {
    const prompt = `${messages.map(({ content }) => content).join('\n\n')}\n`;
    return { style, ...sampling, prompt, logitBias: {} };
  }
  if (output === 'structured') return { style, ...sampling, messages, output: form.output };
  return { style, ...sampling, messages };
}

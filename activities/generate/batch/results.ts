import { APIError } from 'openai/core/error';
import { z } from 'zod';
import { errorBody } from '../../teacher/answer/error-body.ts';
import { TeacherFailure, teacherFailure } from '../../teacher/answer/failures.ts';
import { readAnswer } from '../../teacher/answer/read-answer.ts';
import { type RecordedOutcome, refusalOf } from '../../teacher/ledger/sending.ts';
import { costUsd } from '../../teacher/profile/prices.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { whereSet } from '../../teacher/profile/where-set.ts';
import { learnRefusal } from '../../teacher/refused-parameter.ts';
import type { TeacherRequest } from '../../teacher/request-body.ts';
import type { ProviderJob } from './endpoint.ts';
import { batchPrice } from './job.ts';

/** One line of a job's results, of either file. */
export const resultLine = z.looseObject({
  custom_id: z.string(),
  response: z.looseObject({ status_code: z.int(), body: z.unknown() }).nullish(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
});
export type ResultLine = z.infer<typeof resultLine>;

export type LineOutcome =
  | { outcome: RecordedOutcome }
  /** asked again, or the run's end where asking again cannot help */
  | { failure: TeacherFailure };

/**
 * What a line says of its prompt, by the same failure map as a request of its own: a refusal is an outcome,
 * every other failure is none. Its cost is at the job's price.
 *
 * @param request as it was sent, with the token limit of that asking
 * @param worstCaseUsd its cost where the line states no usage
 */
export function readResult(
  { response, error }: ResultLine,
  request: TeacherRequest,
  worstCaseUsd: number,
  profile: TeacherProfile,
): LineOutcome {
  if (!response) return { failure: notAnswered(error?.message ?? error?.code ?? 'no reason given', profile) };
  try {
    if (response.status_code !== 200)
      throw APIError.generate(
        response.status_code,
        Object(errorBody(response.body)),
        undefined,
        new Headers(),
      );
    const { refusal, text, usage, ...answer } = readAnswer(response.body, profile, request);
    const cost = usage ? costUsd(usage, batchPrice(profile)) : worstCaseUsd;
    const outcome = refusal === null ? 'answered' : 'refused';
    return { outcome: { ...answer, outcome, text: refusal ?? text, usage, costUsd: cost } };
  } catch (thrown) {
    const failure = teacherFailure(thrown, profile);
    if (!(failure instanceof TeacherFailure)) throw failure;
    if (failure.code === 'Configuration' && learnRefusal(failure, profile))
      return { failure: notAnswered(failure.message, profile) };
    return failure.code === 'ContentRefused' ? { outcome: refusalOf(request, failure) } : { failure };
  }
}

/** Why a job that the provider would not begin was refused; null where it began. */
export function jobFailure({ status, errors }: ProviderJob, profile: TeacherProfile): TeacherFailure | null {
  if (status !== 'failed') return null;
  const said = errors.map(({ code, message }) => `${code}: ${message}`).slice(0, 3);
  const reason = said.join('; ') || 'no reason given';
  if (errors.length === 0 || errors.some(({ code }) => PASSING.test(code)))
    return new TeacherFailure(
      'RateLimited',
      `The teacher "${profile.name}" would not begin the job (${reason}).`,
      {
        remedy: `It is submitted again later; where its queue is too short, lower requestsPerJob of ${whereSet(profile, 'batch')}.`,
        mayBePaid: false,
      },
    );
  const [first] = errors;
  const failure = teacherFailure(
    APIError.generate(400, { error: { code: first?.code, message: reason } }, undefined, new Headers()),
    profile,
  );
  return failure instanceof TeacherFailure ? failure : null;
}

/** Codes of a validation that another day may pass. */
const PASSING = /limit_exceeded|limit_reached|rate_limit|server_error|internal|timeout|unavailable/;

/** A line that the provider never asked its model: nothing is owed for it. */
export function notAnswered(reason: string, { name }: TeacherProfile): TeacherFailure {
  return new TeacherFailure('TeacherUnavailable', `The teacher "${name}" did not answer it (${reason}).`, {
    remedy: 'It is asked again in another job.',
    mayBePaid: false,
  });
}

/** A line that should be there and is not: it may have been answered, and paid for. */
export function answerGone(profile: TeacherProfile): TeacherFailure {
  return lost(`The job of the teacher "${profile.name}" has no line for a prompt.`);
}

/** A job that was made and is at the provider no more: all of it may have been answered, and paid for. */
export function jobGone(job: string, profile: TeacherProfile): TeacherFailure {
  return lost(`The teacher "${profile.name}" has the job ${job} no more, nor what it answered.`);
}

function lost(message: string): TeacherFailure {
  const remedy = 'It is booked at its worst case and asked again.';
  return new TeacherFailure('TeacherUnavailable', message, { remedy, mayBePaid: true });
}

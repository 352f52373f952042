import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
} from 'openai/core/error';
import { type FailureCode, LONGEST_WAIT_MS, SHOWN_FROM_MS } from '../../../workflows/contracts/failures.ts';
import { utcMinute } from '../../../workflows/decisions/screen/utc-minute.ts';
import { AlpacaError, type AlpacaErrorOptions } from '../../errors.ts';
import { readDuration } from '../limits/headers.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { profilePlace, whereSet } from '../profile/where-set.ts';
import { isPromptTooLong, readShortage, type Shortage } from './context-length.ts';

/**
 * A teacher's failure. `mayBePaid` is true where the request went out and no definite "no" came back: a
 * cut connection, a timeout, an answer that is no answer. Only then is an intent left open.
 */
export class TeacherFailure extends AlpacaError {
  readonly mayBePaid: boolean;
  /** how much does not fit, where that is what it failed for or may be; then it is asked with less */
  readonly shortage: Shortage | null;

  constructor(
    code: FailureCode,
    message: string,
    options: AlpacaErrorOptions & { mayBePaid: boolean; shortage?: Shortage | null },
  ) {
    super(code, message, options);
    this.mayBePaid = options.mayBePaid;
    this.shortage = options.shortage ?? null;
  }
}

/**
 * The failure map: what the `openai` client throws, in the user's words, naming the profile and what to
 * set. A cancellation is handed on as it is; so is a defect of ours.
 */
export function teacherFailure(error: unknown, profile: TeacherProfile): unknown {
  if (error instanceof AlpacaError || error instanceof APIUserAbortError) return error;
  if (error instanceof APIConnectionError) return connectionFailure(error, profile);
  if (error instanceof APIError && error.status !== undefined) return statusFailure(error, profile);
  if (causeCodes(error).length > 0 || (error instanceof TypeError && error.message === 'terminated')) {
    return unavailable(profile, 'the connection was cut in the middle of the answer', error, true);
  }
  return error;
}

/** An answer came, but holds nothing that could be used. */
export function malformed(profile: TeacherProfile, what: string, cause?: unknown): TeacherFailure {
  return new TeacherFailure('TeacherMalformed', `The teacher "${profile.name}" answered, but ${what}.`, {
    remedy: `It is asked again; if this goes on, check that ${profile.baseUrl} is an OpenAI-compatible endpoint.`,
    cause,
    mayBePaid: true,
  });
}

/** No answer, or no whole one, came within the profile's time. */
export function timedOut(profile: TeacherProfile, cause: unknown): TeacherFailure {
  return unavailable(profile, `no answer came within ${profile.timeoutMs / 1000} s`, cause, true);
}

function connectionFailure(error: APIConnectionError, profile: TeacherProfile): TeacherFailure {
  const codes = causeCodes(error);
  const neverConnected = codes.find((code) => NEVER_CONNECTED.test(code)) ?? refusedByProxy(error);
  if (neverConnected !== undefined) {
    return new TeacherFailure(
      'TeacherUnavailable',
      `The teacher "${profile.name}" cannot be reached at ${profile.baseUrl} (${neverConnected}).`,
      {
        remedy: `Check that it is running, ${whereSet(profile, 'baseUrl')}, and the proxy where there is one (HTTPS_PROXY, NO_PROXY); it is tried again.`,
        cause: error,
        mayBePaid: false,
      },
    );
  }
  if (error instanceof APIConnectionTimeoutError) return timedOut(profile, error);
  const what = `the connection was cut before an answer came${codes[0] ? ` (${codes[0]})` : ''}`;
  return unavailable(profile, what, error, true);
}

/** undici has no code for it, and calls it an abort: nothing went on to the endpoint. */
function refusedByProxy(error: unknown): string | undefined {
  const [, status] =
    causesOf(error)
      .map(({ message }) => /^Proxy response \((\d+)\)/.exec(message) ?? [])
      .find(([found]) => found) ?? [];
  return status && `the proxy answers ${status}`;
}

/** Codes of Node and undici that come before the first byte of a request is sent. */
const NEVER_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** What asks for longer means no time that anybody would read. */
const A_YEAR_MS = 365 * 24 * 3_600_000;

/**
 * A response with an error status: the provider said no, so nothing was answered and nothing is owed.
 *
 * @param mayBePaid true where an answer states the status, and tokens that were used before it
 */
export function statusFailure(error: APIError, profile: TeacherProfile, mayBePaid = false): TeacherFailure {
  const shortage = readShortage(error);
  const { code, message, remedy } = wordStatus(error, profile, `(${shortened(error.message)})`, shortage);
  const mayPass = code === 'RateLimited' || code === 'TeacherUnavailable';
  const wait = mayPass ? retryAfter(error) : undefined;
  if (wait === undefined)
    return new TeacherFailure(code, message, {
      ...{ remedy, cause: error, mayBePaid },
      // A key without credit is no shorter for a shorter answer, whatever else is said of tokens.
      shortage:
        code === 'ContextLength' || (code === 'Configuration' && shortage?.isDoubtful) ? shortage : null,
    });
  const retryAfterMs = Math.min(wait, LONGEST_WAIT_MS);
  const asksFor = wait > LONGEST_WAIT_MS ? 'more than 30' : Math.ceil(wait / 60_000);
  const until = wait < A_YEAR_MS ? `, until ${utcMinute(new Date(Date.now() + wait))}` : '';
  const wanted = wait <= SHOWN_FROM_MS ? '' : ` It asks for ${asksFor} minutes of patience${until}.`;
  const options = { remedy, cause: error, mayBePaid, retryAfterMs };
  return new TeacherFailure(code, `${message}${wanted}`, options);
}

const AZURE = /\.(?:azure|azure-api)\.(?:com|net)(?:\/|$)/;

function wordStatus(
  error: APIError,
  profile: TeacherProfile,
  said: string,
  shortage: Shortage | null,
): { code: FailureCode; message: string; remedy: string } {
  const status = error.status ?? 0;
  const marks = `${error.code ?? ''} ${error.type ?? ''} ${error.message}`.toLowerCase();
  const teacher = `The teacher "${profile.name}"`;
  const keyVariable = profile.apiKeyVariable ?? whereSet(profile, 'apiKeyVariable');
  if (status < 400)
    return {
      code: 'Configuration',
      message: `${teacher} sends its requests elsewhere (HTTP ${status}, to ${placeOf(error)}): not followed, since the prompts and the key are for ${profile.baseUrl} alone.`,
      remedy: `If it has moved, set ${whereSet(profile, 'baseUrl')} to where it is now.`,
    };
  if (status === 401 || (status === 400 && /api[_ ]key(?:_invalid| not valid)|invalid api key/.test(marks)))
    return {
      code: 'Authentication',
      message: `${teacher} does not accept the key ${said}.`,
      remedy:
        profile.file === null && AZURE.test(profile.baseUrl)
          ? 'Azure takes its key in a header of its own: use a profile with "preset": "azure" (docs/teachers.md).'
          : profile.apiKeyVariable === null && profile.file !== null
            ? `Name the variable that holds its key: ${keyVariable}.`
            : `Set ${keyVariable} in the worker's environment to a key that is valid at ${profile.baseUrl}.`,
    };
  if (status === 402 || /insufficient_quota|billing_hard_limit/.test(marks))
    return {
      code: 'QuotaExhausted',
      message: `${teacher} says that the account's quota is used up ${said}.`,
      remedy: `Add credit to the account of ${keyVariable} or use another key; everything answered so far is kept.`,
    };
  if (status !== 429 && status < 500 && /content_filter|content_policy|moderation|safety system/.test(marks))
    return {
      code: 'ContentRefused',
      message: `${teacher} refused the prompt ${said}.`,
      remedy: 'Look at the seed tasks and requirements that it shows.',
    };
  if (status === 403)
    return {
      code: 'Permission',
      message: `${teacher} does not let this key use ${profile.model} ${said}.`,
      remedy: `Give the key in ${keyVariable} access to the model, or choose another model.`,
    };
  if (/model_not_found|(model|deployment).{0,80}(does not exist|not found)/s.test(marks))
    return {
      code: 'UnknownModel',
      message: `${teacher} knows no model ${profile.model} ${said}.`,
      remedy: `Set ${whereSet(profile, 'model')} to one that it has.`,
    };
  if (status === 404)
    return {
      code: 'Configuration',
      message: `${teacher} has no ${profile.style === 'chat' ? 'chat completions' : 'completions'} endpoint at ${profile.baseUrl} ${said}.`,
      remedy:
        profile.preset === 'azure'
          ? `Check the deployment in ${whereSet(profile, 'baseUrl')}, and the "api-version" in its "query".`
          : `Check ${whereSet(profile, 'baseUrl')}${profile.file === null ? '' : ' and its "style"'}; most end in /v1.`,
    };
  if (shortage !== null && !shortage.isDoubtful) return wordShortage(shortage, teacher, said);
  if (status === 429)
    return {
      code: 'RateLimited',
      message: `${teacher} is asked faster than it allows ${said}.`,
      remedy:
        'It is asked again later. A lower concurrency avoids the wait; a limit by the day ends sooner with another key or model.',
    };
  if (status >= 500 || status === 408 || status === 409)
    return {
      code: 'TeacherUnavailable',
      message: `${teacher} failed with HTTP ${status} ${said}.`,
      remedy: 'It is asked again.',
    };
  return {
    code: 'Configuration',
    message: `${teacher} does not accept the request ${said}.`,
    remedy:
      shortage === null
        ? `If it is a parameter that it refuses, say so in ${profilePlace(profile)}: maxTokensParameter, supportsStop, supportsSampling, supportsTopP, supportsPresencePenalty, supportsLogitBias, supportsPromptList, output or style.`
        : 'Half the tokens for the answer did not help. If it is the length all the same, lower maxTokens or seedTasksPerPrompt, or give the server a longer context.',
  };
}

/** What does not fit, by the figures that the endpoint gave. */
function wordShortage(
  shortage: Shortage,
  teacher: string,
  said: string,
): { code: FailureCode; message: string; remedy: string } {
  const code = 'ContextLength';
  const { prompt, context } = shortage;
  if (/per (?:minute|day)|\bt[pd]m\b/i.test(said))
    return {
      code,
      message: `${teacher} takes no request this large: it has more tokens than its limit allows at once ${said}.`,
      remedy: 'Lower maxTokens or seedTasksPerPrompt, or have the limit of the account raised.',
    };
  return {
    code,
    message: isPromptTooLong(shortage)
      ? `${teacher} has a context of ${context} tokens, and the prompt alone has ${prompt} ${said}.`
      : `${teacher} cannot take a prompt this long, however few tokens are left for the answer ${said}.`,
    remedy:
      'Lower seedTasksPerPrompt or shorten the seed tasks (in an evaluation the instructions and answers), or take a longer context: another model, or the size that its server is started with. A lower maxTokens does not help.',
  };
}

/** Where a redirect leads, without what may be secret in it. */
function placeOf({ headers }: APIError): string {
  const location = URL.parse(headers?.get('location') ?? '');
  return location === null ? 'no URL' : shortened(location.origin + location.pathname);
}

/** No answer came, or none that could be waited for. */
export function unavailable(
  profile: TeacherProfile,
  what: string,
  cause: unknown,
  mayBePaid: boolean,
): TeacherFailure {
  return new TeacherFailure('TeacherUnavailable', `The teacher "${profile.name}" did not answer: ${what}.`, {
    remedy: `It is asked again; if this goes on, check ${profile.baseUrl} and ${whereSet(profile, 'timeoutMs')}.`,
    cause,
    mayBePaid,
  });
}

/**
 * When the provider wants to be asked again, in milliseconds: `retry-after-ms`, `retry-after` in seconds or as a date, or
 * what stands in its words (Gemini's `retry in 34.07s`).
 */
function retryAfter(error: APIError): number | undefined {
  const milliseconds = Number.parseFloat(error.headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const header = error.headers?.get('retry-after');
  if (!header) return saidWait(error.message);
  const wait = /^\s*[\d.]+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function saidWait(message: string): number | undefined {
  const [, said = ''] = /(?:try again|retry) in ((?:[\d.]+(?:ms|[smhd]))+)/i.exec(message) ?? [];
  return readDuration(said) ?? undefined;
}

/** The `code`s along the chain of causes: Node's and undici's. */
function causeCodes(error: unknown): string[] {
  return causesOf(error).flatMap((cause) =>
    !(cause instanceof APIError) && 'code' in cause && typeof cause.code === 'string' ? [cause.code] : [],
  );
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let at: unknown = error; at instanceof Error && causes.length < 5; at = at.cause) causes.push(at);
  return causes;
}

/** What the provider said, in 300 characters. */
function shortened(message: string): string {
  return message.length > 300 ? `${message.slice(0, 300)}...` : message;
}

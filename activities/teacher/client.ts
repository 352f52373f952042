import OpenAI from 'openai';
import { AlpacaError } from '../errors.ts';
import { TeacherFailure, teacherFailure, timedOut } from './failures.ts';
import type { Admission } from './limits/admission.ts';
import { createAdmissions } from './limits/admissions.ts';
import type { TeacherProfile } from './profiles.ts';
import { createProving, type Proving } from './proving.ts';
import { readAnswer, readAnswerList, type TeacherAnswer } from './read-answer.ts';
import {
  type CompletionsRequest,
  endpointOf,
  promptListBody,
  type RequestBody,
  requestBody,
  type TeacherRequest,
} from './request-body.ts';

export type { TeacherAnswer } from './read-answer.ts';
export type { TeacherRequest } from './request-body.ts';

export interface TeacherClient {
  readonly profile: TeacherProfile;
  /** what every request passes before it is sent: limits, and how much at once */
  readonly admission: Admission;
  /** lets one request go ahead of the others until the teacher has answered */
  readonly proving: Proving;
  /**
   * Sends one request, without retries of its own except for context length: there the token limit is
   * lowered by a fifth and the request sent again, as the recipe does.
   *
   * Nothing but the profile's timeout cuts it off: what was sent is paid for.
   *
   * @throws TeacherFailure, or what `again` throws
   */
  ask(request: TeacherRequest, options?: AskOptions): Promise<TeacherAnswer>;
  /**
   * Sends the prompts of several requests, alike in all else, in one API request. Where the context is too
   * short the token limit of all of them is lowered.
   *
   * @returns for each request its answer, or null where the endpoint left it out
   * @throws TeacherFailure of them all, or what `again` throws
   */
  askList(requests: readonly CompletionsRequest[], options?: AskOptions): Promise<(TeacherAnswer | null)[]>;
}

interface AskOptions {
  /** equal for equal askings: sent where the profile names a header for it */
  idempotencyKey?: string;
  /** is awaited before a refused request is sent once more */
  again?: () => Promise<void>;
}

/** Below this no answer is worth having: the prompt itself is too long. */
const FEWEST_TOKENS = 16;

/** A token limit lowered by a fifth, as the recipe does; null where too little is left for an answer. */
export function loweredLimit(maxTokens: number): number | null {
  const shorter = Math.floor(maxTokens * 0.8);
  return shorter < FEWEST_TOKENS ? null : shorter;
}

/**
 * A client of one profile on the official `openai` package. Its own retries are off: Temporal's (or the
 * command line's) are the only ones.
 *
 * @throws AlpacaError Configuration where the key's variable is not set
 */
export function createTeacherClient(
  profile: TeacherProfile,
  env: NodeJS.ProcessEnv,
  admission: Admission = createAdmissions()(profile),
): TeacherClient {
  const { openai, apiKey } = connect(profile, env, admission);

  /** Asks with ever lower token limits until the context has room. */
  async function withinContext<Answer>(
    tokenLimit: number,
    again: AskOptions['again'],
    ask: (maxTokens: number) => Promise<Answer>,
  ): Promise<Answer> {
    for (let maxTokens = tokenLimit; ; ) {
      try {
        return await ask(maxTokens);
      } catch (error) {
        const failure = teacherFailure(error, profile, apiKey);
        const shorter = loweredLimit(maxTokens);
        const tooLong = failure instanceof TeacherFailure && failure.code === 'ContextLength';
        if (!tooLong || shorter === null) throw failure;
        maxTokens = shorter;
        await again?.();
      }
    }
  }

  return {
    profile,
    admission,
    proving: createProving(),
    ask: (request, options = {}) =>
      withinContext(request.maxTokens, options.again, async (maxTokens) => {
        const lowered = { ...request, maxTokens };
        const json = await send(openai, profile, endpointOf(request), requestBody(lowered, profile), options);
        return readAnswer(json, profile, lowered);
      }),
    askList: (requests, options = {}) =>
      withinContext(requests[0]?.maxTokens ?? 0, options.again, async (maxTokens) => {
        const lowered = requests.map((request) => ({ ...request, maxTokens }));
        const json = await send(openai, profile, '/completions', promptListBody(lowered, profile), options);
        return readAnswerList(json, profile, lowered);
      }),
  };
}

/**
 * The `openai` client of a profile's endpoint, and the key that it sends. Its own retries are off.
 *
 * @param observer is shown the headers of every answer
 * @throws AlpacaError Configuration where the key's variable is not set
 */
export function connect(
  profile: TeacherProfile,
  env: NodeJS.ProcessEnv,
  observer: Pick<Admission, 'observe'> = { observe() {} },
): { openai: OpenAI; apiKey: string | null } {
  const apiKey = readKey(profile, env);
  const openai = new OpenAI({
    baseURL: profile.baseUrl,
    apiKey: apiKey ?? 'none',
    // The package would take these from OPENAI_* variables, which may belong to another provider.
    adminAPIKey: null,
    ...(profile.apiKeyVariable === 'OPENAI_API_KEY' ? {} : { organization: null, project: null }),
    ...(apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
    maxRetries: 0,
    timeout: profile.timeoutMs,
    logLevel: 'off',
    async fetch(url, init) {
      const response = await fetch(url, init);
      observer.observe(response.headers, response.status);
      return response;
    },
  });
  return { openai, apiKey };
}

function readKey(profile: TeacherProfile, env: NodeJS.ProcessEnv): string | null {
  if (profile.apiKeyVariable === null) return null;
  const key = env[profile.apiKeyVariable]?.trim();
  if (key) return key;
  throw new AlpacaError(
    'Configuration',
    `The teacher profile "${profile.name}" needs a key, and ${profile.apiKeyVariable} is not set.`,
    { remedy: `Set ${profile.apiKeyVariable} in the worker's environment.` },
  );
}

/** Sends one body and returns the JSON that came, whatever it is. */
function send(
  openai: OpenAI,
  profile: TeacherProfile,
  endpoint: ReturnType<typeof endpointOf>,
  body: RequestBody,
  { idempotencyKey }: AskOptions,
): Promise<unknown> {
  const { idempotencyHeader } = profile;
  const headers =
    idempotencyHeader !== null && idempotencyKey !== undefined ? { [idempotencyHeader]: idempotencyKey } : {};
  return withinTimeout(profile, (signal) => openai.post<unknown>(endpoint, { body, headers, signal }));
}

/**
 * Sends what is paid for: the profile's timeout alone cuts it off. The package's own time limit ends with the
 * headers; this one holds for the whole answer. Not AbortSignal.timeout: it lives on after the answer, and would
 * keep hundreds of finished requests in memory with all that they knew.
 *
 * @throws what `sending` throws; TeacherFailure TeacherUnavailable where the time is over
 */
export async function withinTimeout<Answer>(
  profile: TeacherProfile,
  sending: (signal: AbortSignal) => PromiseLike<Answer>,
): Promise<Answer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), profile.timeoutMs);
  try {
    return await sending(late.signal);
  } catch (error) {
    throw late.signal.aborted ? timedOut(profile, error) : error;
  } finally {
    clearTimeout(timer);
  }
}

import { answerBytes } from './answer/answers-within.ts';
import { TeacherFailure, teacherFailure } from './answer/failures.ts';
import { readAnswer, readAnswerList, type TeacherAnswer } from './answer/read-answer.ts';
import { type Connection, connect, withinTimeout } from './connection.ts';
import type { Admission } from './limits/admission.ts';
import { createAdmissions } from './limits/admissions.ts';
import type { TeacherProfile } from './profile/profiles.ts';
import { createProving, type Proving } from './proving.ts';
import {
  type CompletionsRequest,
  endpointOf,
  promptListBody,
  type RequestBody,
  requestBody,
  type TeacherRequest,
} from './request-body.ts';

export type { TeacherAnswer } from './answer/read-answer.ts';
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
 * A client of one profile.
 *
 * @throws AlpacaError Configuration where the key's variable is not set
 */
export function createTeacherClient(
  profile: TeacherProfile,
  env: NodeJS.ProcessEnv,
  admission: Admission = createAdmissions()(profile),
): TeacherClient {
  const connection = connect(profile, env, admission);

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
        const failure = teacherFailure(error, profile);
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
        const asked = {
          tokens: maxTokens,
          endpoint: endpointOf(request),
          body: requestBody(lowered, profile),
        };
        return readAnswer(await send(connection, profile, asked, options), profile, lowered);
      }),
    askList: (requests, options = {}) =>
      withinContext(requests[0]?.maxTokens ?? 0, options.again, async (maxTokens) => {
        const lowered = requests.map((request) => ({ ...request, maxTokens }));
        const tokens = maxTokens * requests.length;
        const asked = { tokens, endpoint: '/completions', body: promptListBody(lowered, profile) } as const;
        return readAnswerList(await send(connection, profile, asked, options), profile, lowered);
      }),
  };
}

interface Asked {
  /** the most that are answered */
  tokens: number;
  endpoint: ReturnType<typeof endpointOf>;
  body: RequestBody;
}

/** Sends one body and returns the JSON that came, whatever it is. */
function send(
  connection: Connection,
  profile: TeacherProfile,
  { tokens, endpoint, body }: Asked,
  { idempotencyKey }: AskOptions,
): Promise<unknown> {
  const { idempotencyHeader } = profile;
  const headers =
    idempotencyHeader !== null && idempotencyKey !== undefined ? { [idempotencyHeader]: idempotencyKey } : {};
  const openai = connection.within(answerBytes(profile, tokens));
  return withinTimeout(profile, (signal) => openai.post<unknown>(endpoint, { body, headers, signal }));
}

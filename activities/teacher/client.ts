import { answerBytes } from './answer/answers-within.ts';
import { nextLimit } from './answer/context-length.ts';
import { TeacherFailure } from './answer/failures.ts';
import { readAnswer, readAnswerList, type TeacherAnswer } from './answer/read-answer.ts';
import { type Connection, connect, withinTimeout } from './connection.ts';
import type { Admission } from './limits/admission.ts';
import { createAdmissions } from './limits/admissions.ts';
import { measuredRequest } from './measured-request.ts';
import type { TeacherProfile } from './profile/profiles.ts';
import { createProving, type Proving } from './proving.ts';
import { learnRefusal } from './refused-parameter.ts';
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
   * Sends one request, without retries of its own except for two refusals, which cost nothing. Where prompt and answer
   * do not fit, the token limit is lowered to what does, by the figures of the refusal, or else by a fifth as the recipe
   * does. A parameter that the endpoint does not take is left away.
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

  /** Asks with ever lower token limits until the context has room, and without what the endpoint does not take. */
  async function untilAccepted<Answer>(
    tokenLimit: number,
    options: AskOptions,
    askedWith: (maxTokens: number) => Asking<Answer>,
  ): Promise<Answer> {
    for (let maxTokens = tokenLimit; ; ) {
      const { read, ...asked } = askedWith(maxTokens);
      const operation = asked.endpoint === '/completions' ? 'text_completion' : 'chat';
      try {
        return await measuredRequest({ operation, name: profile.name }, profile, async () =>
          read(await send(connection, profile, asked, options)),
        );
      } catch (failure) {
        const shortage = failure instanceof TeacherFailure ? failure.shortage : null;
        const isTooLong = shortage !== null && !shortage.isDoubtful;
        if (isTooLong || !learnRefusal(failure, profile, asked.body)) {
          const shorter = nextLimit(shortage, maxTokens, tokenLimit);
          if (shorter === null) throw failure;
          maxTokens = shorter;
        }
        await options.again?.();
      }
    }
  }

  return {
    profile,
    admission,
    proving: createProving(),
    ask: (request, options = {}) =>
      untilAccepted(request.maxTokens, options, (maxTokens) => {
        const lowered = { ...request, maxTokens };
        return {
          tokens: maxTokens,
          endpoint: endpointOf(request),
          body: requestBody(lowered, profile),
          read: (json) => readAnswer(json, profile, lowered),
        };
      }),
    askList: (requests, options = {}) =>
      untilAccepted(requests[0]?.maxTokens ?? 0, options, (maxTokens) => {
        const lowered = requests.map((request) => ({ ...request, maxTokens }));
        return {
          tokens: maxTokens * requests.length,
          endpoint: '/completions',
          body: promptListBody(lowered, profile),
          read: (json) => readAnswerList(json, profile, lowered),
        };
      }),
  };
}

interface Asked {
  /** the most that are answered */
  tokens: number;
  endpoint: ReturnType<typeof endpointOf>;
  body: RequestBody;
}

interface Asking<Answer> extends Asked {
  read(json: unknown): Answer;
}

/** Sends one body and returns the JSON that came, whatever it is. */
async function send(
  connection: Connection,
  profile: TeacherProfile,
  { tokens, endpoint, body }: Asked,
  { idempotencyKey }: AskOptions,
): Promise<unknown> {
  const { idempotencyHeader } = profile;
  const headers =
    idempotencyHeader !== null && idempotencyKey !== undefined ? { [idempotencyHeader]: idempotencyKey } : {};
  const openai = await connection.within(answerBytes(profile, tokens));
  return withinTimeout(profile, (signal) => openai.post<unknown>(endpoint, { body, headers, signal }));
}

import { APIError } from 'openai/core/error';
import { z } from 'zod';
import type { TeacherProfile } from '../profile/profiles.ts';
import { errorBody } from './error-body.ts';
import { malformed, statusFailure, type TeacherFailure } from './failures.ts';

/**
 * Gateways that have begun to answer with HTTP 200 say in the body what then failed, by a code of its own. Such an
 * error goes through the failure map as if it had come with that status.
 */
export interface StatedError {
  code?: unknown;
  type?: unknown;
  status?: unknown;
  message?: unknown;
}

const anything = z.unknown().optional();
const fields = z.looseObject({
  code: anything,
  type: anything,
  status: anything,
  message: anything,
  object: anything,
  error: anything,
  choices: anything,
});

/**
 * The error that a body, or a choice in it, has, in any form that `errorBody` knows; null for none. A body that names no
 * `error` is one by its code alone: others have a `message` beside a success.
 */
export function statedError(json: unknown): StatedError | null {
  const body: unknown = Array.isArray(json) ? json[0] : json;
  const around = fields.safeParse(body).data;
  const named = fields.safeParse(fields.safeParse(errorBody(body)).data?.error).data;
  if (around === undefined || !(named?.message || named?.code || named?.type)) return null;
  const stated = {
    ...named,
    code: named.code ?? around.code,
    type: named.type ?? around.type,
    status: named.status ?? around.status,
    message: named.message,
  };
  const isNamed = Boolean(around.error) || around.object === 'error';
  return isNamed || (around.choices === undefined && knownStatus(stated) !== null) ? stated : null;
}

/**
 * Why an answer cannot be read: the error that it states, else that it is none.
 *
 * @param what it lacks, for the sentence that begins "The teacher answered, but"
 */
export function unreadable(json: unknown, profile: TeacherProfile, what: string): TeacherFailure {
  const choices: unknown[] = withChoices.safeParse(json).data?.choices ?? [];
  const error = [json, ...choices].map(statedError).find((stated) => stated !== null);
  if (error) return errorFailure(error, profile, usesTokens(json));
  return malformed(profile, `${what}: ${quoted(JSON.stringify(json) ?? 'nothing')}`);
}

/** The failure that an error stands for. @param mayBePaid tokens were used before it */
export function errorFailure(
  error: StatedError,
  profile: TeacherProfile,
  mayBePaid: boolean,
): TeacherFailure {
  const thrown = APIError.generate(statusOf(error), { error }, undefined, new Headers());
  return statusFailure(thrown, profile, mayBePaid);
}

const withChoices = z.object({ choices: z.array(z.unknown()) });
const spent = z.object({ usage: z.record(z.string(), z.unknown()) });

/** A failed request whose usage is stated as anything but zeros was worked on. */
export function usesTokens(json: unknown): boolean {
  const { usage = {} } = spent.safeParse(json).data ?? {};
  return Object.values(usage).some((count) => typeof count === 'number' && count > 0);
}

/** The status under which a provider would send such an error, by its code, else by the words of its code and type. */
function statusOf(error: StatedError): number {
  return knownStatus(error) ?? 500;
}

function knownStatus({ code, status, type, message }: StatedError): number | null {
  const stated = [code, status].map(Number).find((number) => number >= 400 && number <= 599);
  if (stated !== undefined) return stated;
  const words = [code, type, status].filter((word) => typeof word === 'string').join(' ');
  // TGI's, where it says no type.
  if (words === '' && /^input validation error/i.test(String(message))) return 422;
  return STATUS_OF_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

const STATUS_OF_WORDS: readonly (readonly [RegExp, number])[] = [
  [/quota|billing|credit|balance(?!r)|payment/i, 402],
  [/auth|api_?key|credential/i, 401],
  [/permission|forbidden|access_denied/i, 403],
  [/rate_?limit|too_?many|exhausted|throttl/i, 429],
  [/not_?found/i, 404],
  [/invalid|validation|bad_?request|unsupported|context|content|moderation/i, 400],
];

const QUOTED = 200;

/** The beginning of what came, on one line. */
export function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > QUOTED ? `${line.slice(0, QUOTED).toWellFormed()}...` : line;
}

import type OpenAI from 'openai';
import { AlpacaError } from '../errors.ts';
import { hideSecret } from '../secrets.ts';
import { answersWithin } from './answer/answers-within.ts';
import { timedOut } from './answer/failures.ts';
import type { Admission } from './limits/admission.ts';
import type { TeacherProfile } from './profile/profiles.ts';

/** What an endpoint is reached by: the official `openai` client, with the key of a profile. It is loaded with the first call. */
export interface Connection {
  /** The client for calls that are answered in so many bytes, decoded, at the most. */
  within(bytes: number): Promise<OpenAI>;
  /** The same for a file, which is read as it comes: its content passes as it is, with the key where it has one. */
  reading(bytes: number): Promise<OpenAI>;
}

/**
 * The package's own retries are off: Temporal's (or the command line's) are the only ones.
 *
 * @param observer is shown the headers of every answer
 * @throws AlpacaError Configuration where the key's variable is not set, or holds what no header can
 */
export function connect(
  profile: TeacherProfile,
  env: NodeJS.ProcessEnv,
  observer: Pick<Admission, 'observe'> = { observe() {} },
): Connection {
  const apiKey = readKey(profile, env);
  const clientOf = async (fetch: typeof globalThis.fetch) => {
    const { OpenAI } = await import('openai');
    return new OpenAI({
      baseURL: profile.baseUrl,
      apiKey: apiKey ?? 'none',
      // The package would take these from OPENAI_* variables, which may belong to another provider.
      adminAPIKey: null,
      ...(profile.apiKeyVariable === 'OPENAI_API_KEY' ? {} : { organization: null, project: null }),
      defaultHeaders: keyHeaders(profile, apiKey),
      defaultQuery: profile.query,
      maxRetries: 0,
      timeout: profile.timeoutMs,
      logLevel: 'off',
      fetch,
    });
  };
  const observe = ({ headers, status }: Response) => observer.observe(headers, status);
  return {
    within: (bytes) => clientOf(answersWithin({ bytes, profile, observe, whole: true })),
    reading: (bytes) => clientOf(answersWithin({ bytes, profile, observe, whole: false })),
  };
}

/** The package sends the key as `Authorization: Bearer KEY` by itself; null leaves a header away. */
function keyHeaders({ apiKeyHeader }: TeacherProfile, apiKey: string | null): Record<string, string | null> {
  if (apiKey === null) return { Authorization: null };
  return apiKeyHeader === null ? {} : { Authorization: null, [apiKeyHeader]: apiKey };
}

function readKey({ name, apiKeyVariable }: TeacherProfile, env: NodeJS.ProcessEnv): string | null {
  if (apiKeyVariable === null) return null;
  const key = env[apiKeyVariable]?.trim();
  if (!key)
    throw new AlpacaError(
      'Configuration',
      `The teacher profile "${name}" needs a key, and ${apiKeyVariable} is not set.`,
      { remedy: `Set ${apiKeyVariable} in the worker's environment.` },
    );
  // What refuses it later would say it.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new AlpacaError(
      'Configuration',
      `${apiKeyVariable}, the key of the teacher profile "${name}", has a character that no key can have: a space, a line's end or a letter beyond ASCII.`,
      { remedy: `Set ${apiKeyVariable} to the key alone.` },
    );
  hideSecret(key);
  return key;
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

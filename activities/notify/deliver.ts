import type { Delivery } from '../../workflows/contracts/run/events.ts';
import type { Endpoint } from '../../workflows/contracts/run/notify.ts';
import { AlpacaError } from '../errors.ts';
import { type AllowedEndpoints, destinationOf, hostAllowed, type Resolve } from './allowed.ts';
import { bodyOf, CLOUD_EVENT_TYPE } from './cloud-event.ts';
import { postOnce } from './post.ts';
import { secretsOf } from './secrets.ts';
import { sign } from './signature.ts';

export interface NotifyDependencies {
  allowed: AllowedEndpoints;
  /** holds the secrets */
  env: NodeJS.ProcessEnv;
  resolve?: Resolve;
  /** for a name to be looked up, a connection and an answer, in milliseconds */
  answerWithinMs?: number;
}

const ANSWER_WITHIN_MS = 15_000;
/** A run's start waits for it. */
const CHECK_WITHIN_MS = 5000;

/**
 * Looks whether events may go to the endpoints, and can be signed. A name that is not found now, or not in time, may be by
 * the time that something is to be said: only an address that may not be asked is a reason to refuse.
 *
 * @throws AlpacaError Configuration
 */
export async function checkEndpoints(
  endpoints: readonly Endpoint[],
  { allowed, env, resolve, answerWithinMs = CHECK_WITHIN_MS }: NotifyDependencies,
): Promise<void> {
  for (const endpoint of endpoints) {
    hostAllowed(endpoint.url, allowed);
    secretsOf(endpoint.secretName, env);
  }
  const within = AbortSignal.timeout(answerWithinMs);
  const refusals = await Promise.all(
    endpoints.map((endpoint) =>
      inTime(destinationOf(endpoint, allowed, resolve), within).then(
        () => null,
        (error: unknown) => (error instanceof AlpacaError ? error : null),
      ),
    ),
  );
  const [refusal] = refusals.filter((found) => found !== null);
  if (refusal !== undefined) throw refusal;
}

/**
 * Posts an event once, signed.
 *
 * @returns `gone` where the endpoint answers 410, and wants nothing more
 * @throws AlpacaError NotDelivered for any other status than 2xx, a redirect too, and where no answer comes in time; and
 *   where the host is not allowed any more, or the secret is not there: that may be mended while it is tried
 */
export async function deliver(
  { id, run, endpoint, event }: Delivery,
  { allowed, env, resolve, answerWithinMs = ANSWER_WITHIN_MS }: NotifyDependencies,
  signal: AbortSignal,
): Promise<'delivered' | 'gone'> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
  const { host } = new URL(endpoint.url);
  try {
    const body = bodyOf({ id, run, event });
    const signed = sign({ id, body, at: new Date() }, secretsOf(endpoint.secretName, env));
    const destination = await inTime(destinationOf(endpoint, allowed, resolve), within);
    const headers = { ...signed, 'content-type': CLOUD_EVENT_TYPE, 'user-agent': 'alpaca-webhooks' };
    const status = await postOnce(destination, { headers, body }, within);
    if (status === 410) return 'gone';
    if (status >= 200 && status < 300) return 'delivered';
    throw notDelivered(host, `it answered ${status}`);
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotDelivered') throw error;
    throw notDelivered(host, whyNot(error, answerWithinMs), error);
  }
}

/** A resolver knows no signal. */
function inTime<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
  ]);
}

function notDelivered(host: string, why: string, cause?: unknown): AlpacaError {
  return new AlpacaError('NotDelivered', `The webhook ${host} did not take the event: ${why}.`, { cause });
}

function whyNot(error: unknown, answerWithinMs: number): string {
  if (error instanceof AlpacaError) return error.message.replace(/\.$/, '');
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${answerWithinMs / 1000} s`;
  return code ?? name ?? 'it cannot be reached';
}

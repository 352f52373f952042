import { APIError } from 'openai/core/error';
import { measure } from '../../telemetry.ts';
import { TeacherFailure } from '../answer/failures.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { createAdaptiveConcurrency, type Ticket } from './adaptive-concurrency.ts';
import { FairQueue, type Turn } from './fair-queue.ts';
import { LearntLimits } from './headers.ts';
import { type LimitedByPerson, Lookout } from './lookout.ts';
import { type LeaseQuota, QuotaDesk } from './quota-desk.ts';
import { Standstill } from './standstill.ts';

/**
 * What every API request passes before it is sent, and before its intent is declared: a crash while it
 * waits books nothing. It waits for a place among those in flight, which an overloaded endpoint makes
 * fewer, and for its share of the fleet's requests and tokens a minute, where there are limits.
 */
export interface Admission {
  /**
   * Waits its turn and runs `work`, which says when its request ended and what it used.
   *
   * @param tokens the most that the request can use, prompt and answers together
   * @throws TeacherFailure RateLimited where its turn did not come within PATIENCE_MS, or the abort of the signal; a
   *   "not now" of an endpoint that lets nothing through asks for more than a minute (`standstill.ts`)
   */
  run<Result>(
    tokens: number,
    waiter: Waiter,
    work: (sending: RequestInFlight) => Promise<Result>,
  ): Promise<Result>;
  /** Takes note of the limits that the headers of any answer state. */
  observe(headers: Headers, status: number): void;
  /** requests that this process may have in flight now */
  readonly concurrency: number;
  /** requests that wait */
  readonly waiting: number;
}

export interface Waiter extends Partial<Turn> {
  signal: AbortSignal;
}

/** One request on its way. */
export interface RequestInFlight {
  /** The endpoint answered; `tokens` is null where it does not say how many it counted. */
  ended(tokens: number | null): void;
  /** The request was refused, and waits its turn to be sent once more. */
  again(): Promise<void>;
}

/** Far below an attempt's bound, which the request itself must fit into as well. */
const PATIENCE_MS = 480_000;

/** What is handed back for waiting too long is asked for again after this. */
const HANDED_BACK_MS = 1000;

/** A grant older than this is not used: its request would be on its way for longer than it is held. */
const SEND_WITHIN_MS = 15_000;

/** From the grant to the end of a request at the most, beyond the profile's timeout. */
const SLACK_MS = 30_000;

const DEFAULT_TURN: Turn = { priority: 3, fairnessKey: '' };

export interface AdmissionOptions {
  profile: Pick<TeacherProfile, 'name' | 'concurrency' | 'timeoutMs' | 'limits'>;
  lease: LeaseQuota;
  limitedByPerson: LimitedByPerson;
  /** names this process, unlike every other */
  holder: string;
  /** is told when the endpoint made this process ask less at once */
  log?: (message: string) => void;
  now?: () => number;
}

interface WaitingRequest {
  tokens: number;
  start(admitted: Admitted): void;
  gone: boolean;
}

/** The tokens that the limiter holds for a request; null where no limiter was asked. */
interface Admitted {
  ticket: Ticket;
  held: number | null;
}

export function createAdmission({
  profile,
  lease,
  limitedByPerson,
  holder,
  log = () => {},
  now = Date.now,
}: AdmissionOptions): Admission {
  const { limits: configured } = profile;
  const windowMs = (configured?.windowSeconds ?? 60) * 1000;
  const concurrency = createAdaptiveConcurrency(profile.concurrency);
  const learnt = new LearntLimits(windowMs);
  const standstill = new Standstill(now);
  const lookout = new Lookout(limitedByPerson, now);
  const queue = new FairQueue<WaitingRequest>();
  let asked: WaitingRequest[] = [];

  const desk = new QuotaDesk({
    lease,
    holder,
    now,
    holdMs: profile.timeoutMs + SLACK_MS,
    callEveryMs: 1000 / (configured?.leasesPerSecond ?? DEFAULT_LEASES_PER_SECOND),
    state: () => ({
      configured: {
        requests: configured?.requestsPerMinute ?? null,
        tokens: configured?.tokensPerMinute ?? null,
      },
      learnt: learnt.limits(now()),
      seen: learnt.takeUsed(),
    }),
    wanted() {
      asked = queue.first(Math.max(0, concurrency.limit - concurrency.inFlight));
      return asked.map(({ tokens }) => tokens);
    },
    granted(count, askedAt) {
      for (const waiting of asked.slice(0, count)) {
        const usable = !waiting.gone && now() - askedAt < SEND_WITHIN_MS;
        if (usable) start(waiting, waiting.tokens);
        else desk.end({ requests: 1, tokens: waiting.tokens }, { requests: 0, tokens: 0 });
      }
      asked = [];
    },
  });

  const isLimited = () => {
    if (configured !== null || lookout.limited) return true;
    const { requests, tokens } = learnt.limits(now());
    return requests !== null || tokens !== null;
  };

  /** Whether it is known how to go on: by the limiter or without it. */
  function isDecided(): boolean {
    if (configured !== null) return true;
    lookout.refresh(serve);
    return lookout.ready;
  }

  function start(waiting: WaitingRequest, held: number | null): void {
    queue.remove(waiting);
    waiting.start({ ticket: concurrency.start(), held });
  }

  /** Starts what may start. */
  function serve(): void {
    if (queue.size === 0 || concurrency.inFlight >= concurrency.limit || !isDecided()) return;
    if (isLimited()) desk.ask();
    else for (const waiting of queue.first(concurrency.limit - concurrency.inFlight)) start(waiting, null);
  }

  function enter(tokens: number, { signal, ...turn }: Waiter): Promise<Admitted> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Admitted>();
    const leave = (reason: unknown) => {
      waiting.gone = true;
      queue.remove(waiting);
      stopWaiting();
      reject(reason);
    };
    const waiting: WaitingRequest = {
      tokens,
      gone: false,
      start(admitted) {
        stopWaiting();
        resolve(admitted);
      },
    };
    const onAbort = () => leave(signal.reason);
    const patience = setTimeout(() => leave(outOfPatience(profile.name)), PATIENCE_MS).unref();
    const stopWaiting = () => {
      clearTimeout(patience);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    queue.add({ ...DEFAULT_TURN, ...turn }, waiting);
    serve();
    return promise;
  }

  /** Waits only where others wait: an endpoint without limits is asked at once. */
  async function admit(tokens: number, waiter: Waiter): Promise<Admitted> {
    const room = queue.size === 0 && concurrency.inFlight < concurrency.limit;
    const free = room && isDecided() && !isLimited();
    waiter.signal.throwIfAborted();
    return free ? { ticket: concurrency.start(), held: null } : enter(tokens, waiter);
  }

  function settle({ ticket, held }: Admitted, used: number, requests: number, outcome: RequestEnd): void {
    if (concurrency.end(ticket, outcome))
      log(
        `teacher ${profile.name} is overloaded: ${concurrency.limit} requests at once from here on, slowly more`,
      );
    if (held !== null) desk.end({ requests: 1, tokens: held }, { requests, tokens: used });
    serve();
  }

  return {
    get concurrency() {
      return concurrency.limit;
    },
    get waiting() {
      return queue.size;
    },
    observe: (headers, status) => learnt.observe(headers, status, now()),
    async run(tokens, waiter, work) {
      const admitting = async () => {
        const since = now();
        const found = await admit(tokens, waiter).catch((error: unknown) => {
          throw standstill.noticed(error);
        });
        measure('alpaca_teacher_wait_seconds', (now() - since) / 1000, { profile: profile.name });
        return found;
      };
      let admitted = await admitting();
      let open = true;
      const end = (used: number, requests: number, outcome: RequestEnd) => {
        if (open) settle(admitted, used, requests, outcome);
        open = false;
      };
      const sending: RequestInFlight = {
        ended(used) {
          standstill.over();
          end(used ?? tokens, 1, 'answered');
        },
        async again() {
          end(0, 1, 'failed');
          admitted = await admitting();
          open = true;
        },
      };
      try {
        return await work(sending);
      } catch (error) {
        end(isCertainlyUnpaid(error) ? 0 : tokens, 1, isOverload(error) ? 'overloaded' : 'failed');
        throw standstill.noticed(error);
      } finally {
        // Nothing was sent: the answer was there already, or another attempt came in between.
        end(0, 0, 'failed');
      }
    },
  };
}

/** A worker asks its limiter at most so many times a second. */
const DEFAULT_LEASES_PER_SECOND = 4;

type RequestEnd = 'answered' | 'overloaded' | 'failed';

function isCertainlyUnpaid(error: unknown): boolean {
  return error instanceof TeacherFailure && !error.mayBePaid;
}

/** 429, and what endpoints say in its place: 503 (unavailable) and 529 (overloaded). */
function isOverload(error: unknown): boolean {
  if (!(error instanceof TeacherFailure)) return false;
  const status = error.cause instanceof APIError ? error.cause.status : undefined;
  return error.code === 'RateLimited' || status === 503 || status === 529;
}

function outOfPatience(profile: string): TeacherFailure {
  return new TeacherFailure(
    'RateLimited',
    `The requests or tokens a minute of the teacher "${profile}" left no room for ${PATIENCE_MS / 60_000} minutes.`,
    {
      remedy: `It is asked again. \`alpaca limits ${profile}\` shows what is used, and raises the limits.`,
      retryAfterMs: HANDED_BACK_MS,
      mayBePaid: false,
    },
  );
}

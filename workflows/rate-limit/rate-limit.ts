import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type LeaseCall,
  type LeaseReply,
  type Limits,
  type LimitsView,
  leaseCall,
  limits,
} from '../contracts/fleet/rate-limit.ts';
import type { HandOver } from '../contracts/run/start.ts';
import { LeaseBook, type LeaseBookState } from '../decisions/quota/lease-book.ts';
import { refused } from '../failed.ts';
import { resolveInput } from '../input.ts';
import { showDetails } from '../show.ts';
import { takeUpdate } from '../updates.ts';

const leaseUpdate = defineUpdate<LeaseReply, [LeaseCall]>('lease');
/** Any field may be left out, which leaves it as it is; null alone goes back to configured and learnt limits. */
const setLimitsUpdate = defineUpdate<LimitsView, [Partial<Limits> | null]>('setLimits');
const limitsQuery = defineQuery<LimitsView>('limits');

/** A run of the workflow takes 2,000 updates in all; it goes on as a new one well before. */
const UPDATES_A_RUN = 1500;

/** Without a call for so long it ends: by then nothing counts any more. Limits that a person set stay a day. */
const IDLE_WINDOWS = 10;
const IDLE_WITH_SET_LIMITS_MS = 24 * 3600 * 1000;

/**
 * The fleet's rate limiter for one teacher profile: workers start it with their first `lease` and share its
 * quota. Its time is the server's, as the workflow's tasks record it. It ends by itself when nobody asks.
 */
export async function rateLimit(raw: unknown, second?: unknown): Promise<LimitsView> {
  const { input, handedOver } = await resolveInput('rateLimit', raw, second, {
    updates: [leaseUpdate, setLimitsUpdate],
    answer: (given) => {
      const { profile, windowSeconds } = given.input;
      const book = new LeaseBook(windowSeconds * 1000, given.handedOver ?? undefined);
      setHandler(limitsQuery, () => book.view(profile, Date.now()));
    },
  });
  const { profile, windowSeconds } = input;
  const windowMs = windowSeconds * 1000;
  const book = new LeaseBook(windowMs, handedOver ?? undefined);
  let updates = 0;
  const view = () => book.view(profile, Date.now());
  book.state.lastCallAt ||= Date.now();

  setHandler(limitsQuery, view);
  takeUpdate(
    leaseUpdate,
    (call) => {
      updates += 1;
      return book.lease(call, Date.now());
    },
    { description: 'Of workers: what ended, and what is wanted.', validator: checkCall },
  );
  takeUpdate(
    setLimitsUpdate,
    (changed) => {
      updates += 1;
      book.setLimits(changed === null ? null : { ...book.limits, ...changed });
      book.state.lastCallAt = Date.now();
      showDetails(inWords(view()));
      return view();
    },
    { description: 'Set {"requests": N, "tokens": N} a window; null goes back.', validator: checkLimits },
  );
  showDetails(inWords(view()));

  const full = () => updates >= UPDATES_A_RUN || workflowInfo().continueAsNewSuggested;
  for (;;) {
    const idleMs = book.state.set === null ? IDLE_WINDOWS * windowMs : IDLE_WITH_SET_LIMITS_MS;
    const leftMs = Math.max(windowMs, book.state.lastCallAt + idleMs - Date.now());
    if (await condition(full, leftMs, { summary: 'ends where nobody asks until then' })) break;
    const idle = Date.now() - book.state.lastCallAt >= idleMs;
    if (idle && book.isEmpty(Date.now())) return view();
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof rateLimit>({ profile, windowSeconds }, {
    handedOver: book.state,
  } satisfies HandOver<LeaseBookState>);
}

function checkCall(call: LeaseCall): void {
  const checked = leaseCall.safeParse(call);
  if (!checked.success) throw refused(checked.error.issues[0]?.message ?? 'it is no lease call');
}

function checkLimits(changed: Partial<Limits> | null): void {
  const checked = limits.partial().nullable().safeParse(changed);
  if (!checked.success)
    throw refused('limits are {"requests": N, "tokens": N}, each a whole number from 1 or null');
}

function inWords({ profile, limits: { requests, tokens }, windowSeconds }: LimitsView): string {
  const most = (count: number | null) => (count === null ? 'any number of' : count.toLocaleString('en'));
  return `Teacher \`${profile}\`: ${most(requests)} requests and ${most(tokens)} tokens in any ${windowSeconds} s.`;
}

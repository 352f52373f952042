import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import { delivering, lookingAt } from '../activity-bounds.ts';
import {
  type NotifyInput,
  type NotifyResult,
  type NotifyState,
  type PendingDelivery,
  type RunEvent,
  runEvent,
} from '../contracts/run/events.ts';
import { reasonWithin } from '../contracts/run/record.ts';
import type { HandOver } from '../contracts/run/start.ts';
import { deliveriesToMarkdown, hostOf, isEndOfRun } from '../decisions/notify/deliveries-text.ts';
import { eventOf } from '../decisions/notify/told-events.ts';
import { resolveInput } from '../input.ts';
import { eventSignal, takeSignal } from '../messages.ts';
import { despiteStops } from '../outage.ts';
import { showDetails } from '../show.ts';

/** So long an event is tried, from its first try on. */
const TRIED_FOR_MS = 24 * 3600_000;
/** So long it waits at the most for those before it, which an endpoint may refuse for themselves. */
const HELD_UP_MS = 10 * 60_000;
/** Events on their way to one endpoint; for one more the oldest is given up. */
const MOST_ON_THEIR_WAY = 100;
/** Where nothing is heard of a run for so long: after a reset nobody may be left to tell of its end. */
const LOOKS_EVERY_MS = 24 * 3600_000;

/**
 * Delivers the events of a run's execution to its webhooks, each at least once, in their order where an endpoint takes
 * them. It ends when the run has, and nothing is left to deliver.
 */
export function notify(raw: unknown, second?: unknown): Promise<NotifyResult> {
  let isAskedToEnd = false;
  void CancellationScope.current().cancelRequested.catch(() => {
    isAskedToEnd = true;
  });
  // A run may be terminated before this has read its input.
  return CancellationScope.nonCancellable(async () => {
    const { input, handedOver } = await resolveInput('notify', raw, second);
    return new Deliveries(input, handedOver, () => isAskedToEnd).run();
  });
}

class Deliveries {
  readonly #input: NotifyInput;
  readonly #state: NotifyState;
  readonly #isAskedToEnd: () => boolean;
  /** what gives up a delivery when it is cancelled; the oldest first */
  readonly #onTheirWay = new Map<PendingDelivery, CancellationScope>();

  /** @param isAskedToEnd true once the run has closed, or a person wants this to end */
  constructor(input: NotifyInput, carried: NotifyState | null, isAskedToEnd: () => boolean) {
    this.#input = input;
    this.#state = carried ?? { told: 0, pending: [], gone: [], delivered: 0, givenUp: 0, ended: false };
    this.#isAskedToEnd = isAskedToEnd;
  }

  async run(): Promise<NotifyResult> {
    // One whose endpoint is gone leaves the list at once.
    for (const delivery of [...this.#state.pending]) this.#begin(delivery);
    takeSignal(eventSignal, runEvent, (event) => this.#take(event));
    this.#show();
    await this.#untilOver();
    await condition(allHandlersFinished);
    return { delivered: this.#state.delivered, givenUp: this.#state.givenUp };
  }

  async #untilOver(): Promise<void> {
    const state = this.#state;
    const isOver = () => state.ended && state.pending.length === 0;
    const isFull = () => workflowInfo().continueAsNewSuggested;
    const asksHow = () => this.#isAskedToEnd() && !state.ended;
    while (!isOver()) {
      const summary = 'looks whether the run goes on';
      const heard = await condition(() => isOver() || isFull() || asksHow(), LOOKS_EVERY_MS, { summary });
      if (isOver()) return;
      if (isFull()) await this.#continueAsNew();
      if ((asksHow() || !heard) && !state.ended) await this.#look();
    }
  }

  #take(event: RunEvent): void {
    const state = this.#state;
    state.told += 1;
    // A run that is reset goes on after its end.
    state.ended = isEndOfRun(event);
    for (const [endpoint, { events }] of this.#input.endpoints.entries()) {
      if (!events.includes(event.event) || state.gone.includes(endpoint)) continue;
      const delivery = { number: state.told, endpoint, event, since: null };
      state.pending.push(delivery);
      this.#begin(delivery);
    }
    this.#show();
  }

  /** Whatever cancels this, and from wherever an event comes. */
  #begin(delivery: PendingDelivery): void {
    const { endpoint } = delivery;
    const [oldest, ...later] = [...this.#onTheirWay.keys()].filter((other) => other.endpoint === endpoint);
    if (oldest !== undefined && later.length + 1 >= MOST_ON_THEIR_WAY) {
      this.#onTheirWay.get(oldest)?.cancel();
      this.#onTheirWay.delete(oldest);
    }
    void CancellationScope.nonCancellable(() => {
      const scope = new CancellationScope();
      this.#onTheirWay.set(delivery, scope);
      return scope.run(() => this.#deliver(delivery));
    });
  }

  async #deliver(delivery: PendingDelivery): Promise<void> {
    const state = this.#state;
    const isBefore = (other: PendingDelivery) =>
      other.endpoint === delivery.endpoint && other.number < delivery.number;
    const isFirst = () => !state.pending.some(isBefore);
    try {
      if (!isFirst()) await condition(isFirst, HELD_UP_MS, { summary: 'earlier events go first' });
      delivery.since ??= Date.now();
      if (state.gone.includes(delivery.endpoint)) return;
      const how = await this.#post(delivery, delivery.since);
      state.delivered += how === 'delivered' ? 1 : 0;
      if (how === 'gone') state.gone.push(delivery.endpoint);
    } catch (error) {
      state.givenUp += 1;
      log.warn('an event was not delivered', { event: delivery.event.event, reason: reasonWithin(error) });
    } finally {
      this.#onTheirWay.delete(delivery);
      state.pending.splice(state.pending.indexOf(delivery), 1);
      this.#show();
    }
  }

  async #post({ number, endpoint: index, event }: PendingDelivery, since: number) {
    const { run, endpoints } = this.#input;
    const endpoint = endpoints[index];
    if (endpoint === undefined) return 'gone';
    const { url, secretName } = endpoint;
    const summary = `${event.event} to ${hostOf(url)}`;
    const id = `${workflowInfo().firstExecutionRunId}-${number}`;
    return despiteStops(() =>
      delivering(summary, Math.max(1000, since + TRIED_FOR_MS - Date.now())).deliverEvent({
        ...{ id, run, event },
        endpoint: { url, secretName },
      }),
    );
  }

  /** Asks the server how the run ended, where it could not say so itself. */
  async #look(): Promise<void> {
    const { lookAtRun } = lookingAt('look how the run ended');
    const how = await despiteStops(() => lookAtRun(this.#input.run)).catch((error) => {
      log.warn('nobody knows how the run ended', { reason: reasonWithin(error) });
      return 'closed' as const;
    });
    if (this.#state.ended) return;
    if (how === 'terminated') this.#take(eventOf('terminated', null, new Date()));
    // Asked to end while the run is open, it was a person who asked.
    else this.#state.ended = how === 'closed' || this.#isAskedToEnd();
  }

  #show(): void {
    showDetails(deliveriesToMarkdown(this.#input.endpoints, this.#state));
  }

  /** What is on its way is sent once more, by the same id. */
  async #continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew<typeof notify>(this.#input, {
      handedOver: this.#state,
    } satisfies HandOver<NotifyState>);
  }
}

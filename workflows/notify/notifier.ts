import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { lookingAt } from '../activity-bounds.ts';
import type { Progress } from '../contracts/progress.ts';
import type { NotifyInput, NotifyResult, RunEvent } from '../contracts/run/events.ts';
import type { Endpoint, RunEventName } from '../contracts/run/notify.ts';
import { reasonWithin } from '../contracts/run/record.ts';
import { isEndOfRun } from '../decisions/notify/deliveries-text.ts';
import { eventOf, NOTHING_TOLD, newEvents, type Told } from '../decisions/notify/told-events.ts';
import { summaryOf } from '../decisions/screen/summary-text.ts';
import { eventSignal } from '../messages.ts';
import type { Outage } from '../outage.ts';

/** Undefined where this workflow tells nobody. */
let ofRun: Notifier | undefined;

/** The last that is told of a run, when all else of it is over; returns once it is safe. */
export async function tellEnd(event: RunEventName, failure: string | null = null): Promise<void> {
  await ofRun?.end(event, failure);
}

/**
 * Tells of a run to the webhooks of its input. What delivers is a workflow of its own, `notify`, which outlives the run
 * and hears of its end however it comes: the run waits for no endpoint, only until the server has an event.
 */
export class Notifier {
  readonly #endpoints: readonly Endpoint[];
  /** endpoints that were not looked at are told nothing */
  #begun: boolean;
  #progress: Progress;
  #told: Told;
  /** the id of the workflow that delivers; null: none was started, or it is there no more */
  #courier: string | null = null;
  #sending: Promise<void> = Promise.resolve();
  /** of what is told, how much the server has not yet */
  #unsent = 0;

  /** @param goesOn true where an earlier run of the workflow has told of what stands now */
  constructor(endpoints: readonly Endpoint[], progress: Progress, goesOn: boolean) {
    this.#endpoints = endpoints;
    this.#begun = goesOn;
    this.#progress = progress;
    this.#told = goesOn ? newEvents(progress, NOTHING_TOLD, new Date()).told : NOTHING_TOLD;
    if (endpoints.length === 0) return;
    ofRun = this;
    if (goesOn) this.#open();
  }

  /** Looks whether the endpoints are allowed: a run with one that is not ends here, by its name. */
  async begin(outage: Outage): Promise<void> {
    if (this.#endpoints.length === 0 || this.#begun) return;
    const { checkEndpoints } = lookingAt('look whether the webhooks are allowed');
    await outage.patiently(() => checkEndpoints(this.#endpoints));
    this.#begun = true;
    this.#open();
    this.look(this.#progress);
  }

  /** Takes a look at how the run stands, and tells what is new. */
  look(progress: Progress): void {
    this.#progress = progress;
    if (!this.#begun || this.#endpoints.length === 0) return;
    const { events, told } = newEvents(progress, this.#told, new Date());
    this.#told = told;
    for (const event of events) this.#send(event);
  }

  async end(event: RunEventName, failure: string | null): Promise<void> {
    if (this.#begun) this.#send(eventOf(event, this.#progress, new Date(), failure));
    await CancellationScope.nonCancellable(() => this.#sending);
  }

  /** Whether the server has all that was told. */
  get hasSent(): boolean {
    return this.#unsent === 0;
  }

  /** Before there is anything to tell: what delivers can then tell that the run was terminated. */
  #open(): void {
    this.#inTurn(async () => {
      this.#courier = await this.#start();
    });
  }

  #send(event: RunEvent): void {
    // Whoever delivers need not hear what no endpoint asks for, but has to know when the run is over.
    if (!isEndOfRun(event) && !this.#endpoints.some(({ events }) => events.includes(event.event))) return;
    this.#inTurn(() => this.#tell(event));
  }

  #inTurn(work: () => Promise<void>): void {
    this.#unsent += 1;
    this.#sending = this.#sending.then(() =>
      CancellationScope.nonCancellable(work).catch((error) =>
        log.warn('the webhooks do not hear of a run', { reason: reasonWithin(error) }),
      ),
    );
    void this.#sending.then(() => {
      this.#unsent -= 1;
    });
  }

  /** One that was there may have come to its end: after a reset of the run, or ended by hand. */
  async #tell(event: RunEvent): Promise<void> {
    if (this.#courier !== null) {
      const isThere = await this.#signal(this.#courier, event).then(
        () => true,
        () => false,
      );
      if (isThere) return;
    }
    this.#courier = await this.#start();
    await this.#signal(this.#courier, event);
  }

  #signal(workflowId: string, event: RunEvent): Promise<void> {
    return getExternalWorkflowHandle(workflowId).signal(eventSignal, event);
  }

  async #start(): Promise<string> {
    const { workflowId, runId, workflowType: type, namespace } = workflowInfo();
    const input: NotifyInput = {
      run: { workflowId, runId, type, namespace },
      endpoints: [...this.#endpoints],
    };
    const started = await startChild<(input: NotifyInput) => Promise<NotifyResult>>('notify', {
      // As long as the longest name of a step: there is room for it in whatever id a run may have.
      workflowId: `${workflowId}/${uuid4().slice(0, 8)}`,
      args: [input],
      // However the run ends, this hears of it, and goes on for as long as something is to be delivered.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: summaryOf('notify', input),
    });
    return started.workflowId;
  }
}

import { type Priority, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  getExternalWorkflowHandle,
  startChild,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import { cancel } from './cancel.ts';
import type { EvaluateInput } from './contracts/evaluate.ts';
import type { GenerateInput } from './contracts/generate.ts';
import type { SettingsInForce } from './contracts/progress.ts';
import type { HandOver } from './contracts/run/start.ts';
import type { TrainInput } from './contracts/train.ts';
import type { Control, OwnedControl } from './control.ts';
import { stepSummary } from './decisions/screen/summary-text.ts';
import type { evaluate } from './evaluate/evaluate.ts';
import type { generate } from './generate/generate.ts';
import { afterMessages, controlSignal } from './messages.ts';
import { Outage, type WaitTeller } from './outage.ts';
import type { train } from './train/train.ts';

/** The steps that a run has as child workflows, by the names that workers register. */
export interface ChildWorkflows {
  generate: Started<GenerateInput, typeof generate>;
  train: Started<TrainInput, typeof train>;
  evaluate: Started<EvaluateInput, typeof evaluate>;
}

/** A step checks whatever it is given, so its own type says nothing of its input. */
type Started<Input, Step extends (raw: unknown, second?: unknown) => Promise<unknown>> = (
  input: Input,
  second: HandOver<SettingsInForce>,
) => ReturnType<Step>;

type ChildName = keyof ChildWorkflows;
type ChildInput<Name extends ChildName> = Parameters<ChildWorkflows[Name]>[0];
type ChildResult<Name extends ChildName> = Awaited<ReturnType<ChildWorkflows[Name]>>;
type Child<Name extends ChildName> = (
  input: ChildInput<Name>,
  second: HandOver<SettingsInForce>,
) => Promise<ChildResult<Name>>;

/** A child that is asked to end has requests in flight, or a device to give back: seconds to minutes. */
const WAITS_FOR_FORMER = { firstSeconds: 1, longestSeconds: 30 };

/** A run's long steps as child workflows, one at a time; the running one is kept to the run's settings. */
export class ChildSteps {
  readonly #priority: Priority;
  readonly #tell: WaitTeller;
  #running: Pick<ChildWorkflowHandle<Workflow>, 'workflowId'> | undefined;
  /** true while a child is started: it does not work by what is changed then until it is told */
  #isStarting = false;
  /** the version of the settings that the running child works by */
  #version = 0;
  /** runs of steps, of before a reset, that were asked to end */
  readonly #ended = new Set<string>();

  /** @param tell hears of it where a step waits for its own like of before a reset */
  constructor(priority: Priority, tell: WaitTeller) {
    this.#priority = priority;
    this.#tell = tell;
  }

  async run<Name extends ChildName>(
    name: Name,
    input: ChildInput<Name>,
    control: Control,
  ): Promise<ChildResult<Name>> {
    const child = await this.#start(name, input, control).finally(() => {
      this.#isStarting = false;
    });
    this.#running = child;
    void CancellationScope.current().cancelRequested.catch(async () => {
      if (this.#running === child) await cancel(child.workflowId);
    });
    try {
      // What was changed while the child was being started has not reached it.
      if (control.version > this.#version) await this.#send(control);
      return await child.result();
    } finally {
      // Its last report may have come with its end.
      await afterMessages();
      this.#running = undefined;
    }
  }

  /**
   * Starts a step. A run that is reset to before this leaves its child running: what holds the id is asked to
   * end, which it does once what it has paid for is in the ledger, and the step starts when it has.
   */
  async #start<Name extends ChildName>(
    name: Name,
    input: ChildInput<Name>,
    control: Control,
  ): Promise<ChildWorkflowHandle<Child<Name>>> {
    const childId = childIdOf(name);
    const former = new Outage(control, this.#tell, WAITS_FOR_FORMER);
    for (;;) {
      try {
        this.#version = control.version;
        this.#isStarting = true;
        return await startChild<Child<Name>>(name, {
          workflowId: childId,
          args: [input, { handedOver: settingsOf(control) }],
          priority: this.#priority,
          cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
          staticSummary: stepSummary(name, workflowInfo().workflowId),
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        this.#isStarting = false;
        await cancel(childId);
        await former.wait('outage', `${childId} runs from before a reset, and is being ended`);
      }
    }
  }

  /**
   * Takes the version that the running child says it works by. One that is newer than the run's own is of before a
   * reset which left it out: the child hears of the run's.
   */
  took(version: number, control: OwnedControl): void {
    this.#version = Math.max(this.#version, Math.min(version, Date.now()));
    if (version <= control.version) return;
    control.renew();
    void this.#send(control);
  }

  /**
   * Ends a step that this run does not have: it is of before a reset, and nobody waits for it. A reset hands over
   * again what it reported since, so that this is the first thing that the new run does.
   *
   * @param runId a run of this id alone: one that is being started by now is the run's own
   */
  endFormer(name: ChildName, runId: string): void {
    if (this.#ended.has(runId)) return;
    this.#ended.add(runId);
    void cancel(childIdOf(name), runId);
  }

  /** Passes changed settings to the running child, and waits until it works by them or has ended. */
  async forward(control: Control): Promise<void> {
    await condition(() => !this.#isStarting);
    const child = this.#running;
    const { version } = control;
    if (!child || this.#version >= version || !(await this.#send(control))) return;
    await condition(() => this.#version >= version || this.#running !== child);
  }

  /** False where the child ended meanwhile: there is nobody left to tell. */
  async #send(control: Control): Promise<boolean> {
    if (!this.#running) return false;
    return getExternalWorkflowHandle(this.#running.workflowId)
      .signal(controlSignal, settingsOf(control))
      .then(
        () => true,
        () => false,
      );
  }
}

function settingsOf({ state: control, version, payer }: Control): SettingsInForce {
  return { control, version, payer };
}

function childIdOf(name: ChildName): string {
  return `${workflowInfo().workflowId}/${name}`;
}

import type { Priority } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  startChild,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import type { EvaluateInput } from './contracts/evaluate.ts';
import type { GenerateInput } from './contracts/generate.ts';
import type { SettingsInForce } from './contracts/progress.ts';
import type { HandOver } from './contracts/start.ts';
import type { TrainInput } from './contracts/train.ts';
import type { Control } from './control.ts';
import { stepSummary } from './decisions/screen/summary-text.ts';
import type { evaluate } from './evaluate/evaluate.ts';
import type { generate } from './generate/generate.ts';
import { controlSignal } from './messages.ts';
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

/** A run's long steps as child workflows, one at a time; the running one is kept to the run's settings. */
export class ChildSteps {
  readonly #priority: Priority;
  #running: Pick<ChildWorkflowHandle<Workflow>, 'signal'> | undefined;
  /** the version of the settings that the running child works by */
  #version = 0;

  constructor(priority: Priority) {
    this.#priority = priority;
  }

  async run<Name extends ChildName>(
    name: Name,
    input: ChildInput<Name>,
    control: Control,
  ): Promise<ChildResult<Name>> {
    const { version } = control;
    const child = await startChild<
      (input: ChildInput<Name>, second: HandOver<SettingsInForce>) => Promise<ChildResult<Name>>
    >(name, {
      workflowId: `${workflowInfo().workflowId}/${name}`,
      args: [input, { handedOver: { control: control.state, version } }],
      priority: this.#priority,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: stepSummary(name, workflowInfo().workflowId),
    });
    this.#running = child;
    this.#version = version;
    try {
      // What was changed while the child was being started has not reached it.
      if (control.version > version) await this.#tell(control);
      return await child.result();
    } finally {
      this.#running = undefined;
    }
  }

  /** Takes the version that the running child says it works by. */
  took(version: number): void {
    this.#version = Math.max(this.#version, version);
  }

  /** Passes changed settings to the running child, and waits until it works by them or has ended. */
  async forward(control: Control): Promise<void> {
    const child = this.#running;
    const { version } = control;
    if (!child || !(await this.#tell(control))) return;
    await condition(() => this.#version >= version || this.#running !== child);
  }

  /** False where the child ended meanwhile: there is nobody left to tell. */
  async #tell({ version, state: control }: Control): Promise<boolean> {
    const told = this.#running?.signal(controlSignal, { version, control });
    return told === undefined
      ? false
      : told.then(
          () => true,
          () => false,
        );
  }
}

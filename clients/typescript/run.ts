import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { z } from 'zod';
import type { AlpacaResult, alpacaInput } from '../../workflows/contracts/pipeline.ts';
import type { ControlState, Progress } from '../../workflows/contracts/progress.ts';
import { withCode } from './failure.ts';

export interface StartOptions {
  /** of the workers: what their ALPACA_TASK_QUEUE says; `alpaca` where it says nothing */
  taskQueue?: string;
  /** the same id starts one run: of at most 991 bytes; a new one each time where it is left out */
  workflowId?: string;
  /** the name of whoever starts it, for its page and its memo; nobody's where it is left out */
  startedBy?: string;
}

/** What can be changed while a run goes on. Each answers the settings in force, once the run works by them. */
export interface Updates {
  /** Starts nothing new; what is in flight finishes. */
  pause(): Promise<ControlState>;
  /** Goes on after a pause; tries at once what the run waits to try again. */
  resume(): Promise<ControlState>;
  /** A new hard cap in dollars; a run that waits for money goes on. */
  setBudget(usd: number): Promise<ControlState>;
  /** The number of accepted instructions to reach. */
  setTarget(rows: number): Promise<ControlState>;
  /** The number of requests to the teacher in flight. */
  setConcurrency(requests: number): Promise<ControlState>;
  /** Ends generation with what is accepted, and goes on with the steps after it. */
  stopEarly(): Promise<ControlState>;
}

/** A run of the workflow `alpaca`. Where a code of docs/failures.md tells why, its methods throw an AlpacaFailure. */
export interface AlpacaRun {
  readonly workflowId: string;
  readonly updates: Updates;
  /** How far it is: answered by a worker, also when it has ended. */
  progress(): Promise<Progress>;
  /** Waits for its end, however long that takes; null of the first run of a schedule, where that finds nothing new. */
  result(): Promise<AlpacaResult | null>;
  /** Asks it to end in order: what it has made stays, and `result` throws. */
  cancel(): Promise<void>;
}

/**
 * Starts a run. What is wrong with the input is told by its `result`: the workers check it, and know of which version.
 *
 * @throws WorkflowExecutionAlreadyStartedError where the id has started one before; `alpacaRun` has that one
 */
export async function startAlpaca(
  client: Client,
  input: z.input<typeof alpacaInput>,
  { taskQueue = 'alpaca', workflowId = `alpaca-${randomUUID()}`, startedBy }: StartOptions = {},
): Promise<AlpacaRun> {
  const options = {
    taskQueue,
    workflowId,
    args: [input],
    ...(startedBy === undefined ? {} : { memo: { startedBy } }),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  } as const;
  return runOf(await client.workflow.start<Alpaca>('alpaca', options));
}

/** A run that was started before, here or elsewhere; nothing is asked of the server yet. */
export function alpacaRun(client: Client, workflowId: string): AlpacaRun {
  return runOf(client.workflow.getHandle<Alpaca>(workflowId));
}

type Alpaca = (input: z.input<typeof alpacaInput>) => Promise<AlpacaResult | null>;

function runOf(handle: WorkflowHandle<Alpaca>): AlpacaRun {
  const update = (name: string) => withCode(handle.executeUpdate<ControlState, []>(name));
  const set = (name: string, value: number) =>
    withCode(handle.executeUpdate<ControlState, [number]>(name, { args: [value] }));
  return {
    workflowId: handle.workflowId,
    updates: {
      pause: () => update('pause'),
      resume: () => update('resume'),
      setBudget: (usd) => set('setBudget', usd),
      setTarget: (rows) => set('setTarget', rows),
      setConcurrency: (requests) => set('setConcurrency', requests),
      stopEarly: () => update('stopEarly'),
    },
    progress: () => handle.query<Progress>('progress'),
    result: () => withCode(handle.result()),
    async cancel() {
      await handle.cancel();
    },
  };
}

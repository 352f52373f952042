import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { AlpacaError } from '../../../activities/errors.ts';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { STARTED_BY } from '../../../workflows/contracts/run/said.ts';
import { summaryOf } from '../../../workflows/decisions/screen/summary-text.ts';

/** Runs that the Temporal server starts by a clock: their state is the server's, and in the runs' own results. */

export const OVERLAPS = { skip: 'SKIP', 'buffer-one': 'BUFFER_ONE' } as const;

export interface ScheduledRuns {
  name: string;
  cron: string;
  timeZone: string;
  /** what is done where a run is due and the one before still goes on: SKIP or BUFFER_ONE */
  overlap: (typeof OVERLAPS)[keyof typeof OVERLAPS];
  taskQueue: string;
  input: AlpacaInput;
}

/** A machine that was off at night does it when it is on again, once. */
const CATCH_UP = '1 day';
/** Of a schedule, on which the text of its clock stands as it was given: the server keeps what it computed of it. */
const CRON = 'cron';

/** @throws AlpacaError InvalidInput where there is one of that name */
export async function createSchedule(client: Client, of: ScheduledRuns, note: string): Promise<void> {
  const { name, cron, timeZone, overlap, taskQueue, input } = of;
  await client.schedule
    .create({
      scheduleId: name,
      spec: { cronExpressions: [cron], timezone: timeZone },
      policies: { overlap, catchupWindow: CATCH_UP },
      memo: { [CRON]: cron },
      state: { note },
      action: {
        ...{ type: 'startWorkflow', workflowType: 'alpaca', workflowId: name, taskQueue, args: [input] },
        staticSummary: summaryOf('alpaca', input),
        memo: { [STARTED_BY]: `the schedule ${name}` },
      },
    })
    .catch((error: unknown) => {
      throw error instanceof ScheduleAlreadyRunning ? isThereAlready(name) : error;
    });
}

/** @throws AlpacaError InvalidInput where there is one of that name */
export async function refuseTaken(client: Client, name: string): Promise<void> {
  if ((await describe(client.schedule.getHandle(name))) !== null) throw isThereAlready(name);
}

/** How a schedule stands. */
export interface ScheduleListing {
  name: string;
  /** null where another program made it, whose text the server does not keep: `next` says when */
  cron: string | null;
  timeZone: string;
  overlap: string;
  isPaused: boolean;
  note: string;
  /** the next three times, ISO 8601 */
  next: string[];
  /** runs that were started, and that were not since one still went on */
  started: number;
  skipped: number;
  /** workflow ids of the latest runs, the latest last */
  runs: string[];
  /** that go on */
  running: string[];
}

/** @throws AlpacaError NotFound */
export async function showSchedule(client: Client, name: string): Promise<ScheduleListing> {
  return listingOf(await ofRuns(client.schedule.getHandle(name)));
}

/** Those that start runs of the whole recipe. */
export async function listSchedules(client: Client): Promise<ScheduleListing[]> {
  const names: string[] = [];
  for await (const { scheduleId, action } of client.schedule.list())
    if (action?.workflowType === 'alpaca') names.push(scheduleId);
  const found = await Promise.all(names.toSorted().map((name) => describe(client.schedule.getHandle(name))));
  return found.flatMap((one) => (one === null ? [] : [listingOf(one)]));
}

export const CHANGES = {
  pause: (schedule: ScheduleHandle) => schedule.pause('paused by `alpaca schedule pause`'),
  resume: (schedule: ScheduleHandle) => schedule.unpause('resumed by `alpaca schedule resume`'),
  /** as its clock would: without a policy of its own the SDK starts one beside the one that goes on, which knows of none before it */
  run: (schedule: ScheduleHandle, { policies }: ScheduleDescription) => schedule.trigger(policies.overlap),
  delete: (schedule: ScheduleHandle) => schedule.delete(),
} as const;

/** @throws AlpacaError NotFound */
export async function changeSchedule(
  client: Client,
  name: string,
  change: keyof typeof CHANGES,
): Promise<void> {
  const schedule = client.schedule.getHandle(name);
  await CHANGES[change](schedule, await ofRuns(schedule)).catch((error: unknown) => {
    throw error instanceof ScheduleNotFoundError ? isNotThere(name) : error;
  });
}

/** @throws AlpacaError NotFound, where it starts something else too: that is another program's */
async function ofRuns(schedule: ScheduleHandle): Promise<ScheduleDescription> {
  const found = await describe(schedule);
  if (found?.action.workflowType !== 'alpaca') throw isNotThere(schedule.scheduleId);
  return found;
}

/** Null where there is none. */
async function describe(schedule: ScheduleHandle): Promise<ScheduleDescription | null> {
  try {
    return await schedule.describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

function listingOf({ scheduleId, memo, spec, policies, state, info }: ScheduleDescription): ScheduleListing {
  const given = memo?.[CRON];
  return {
    name: scheduleId,
    cron: typeof given === 'string' ? given : null,
    timeZone: spec.timezone ?? 'UTC',
    overlap: policies.overlap ?? OVERLAPS.skip,
    isPaused: state.paused,
    note: state.note ?? '',
    next: info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()),
    ...{ started: info.numActionsTaken, skipped: info.numActionsSkippedOverlap },
    runs: info.recentActions.map(({ action }) => action.workflow.workflowId),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
  };
}

function isThereAlready(name: string): AlpacaError {
  return new AlpacaError('InvalidInput', `There is a schedule ${name} already.`, {
    remedy: `Choose another name, or delete it with \`npx alpaca schedule delete ${name}\`.`,
  });
}

function isNotThere(name: string): AlpacaError {
  return new AlpacaError('NotFound', `There is no schedule ${name}.`, {
    remedy: 'List them with `npx alpaca schedule list`.',
  });
}

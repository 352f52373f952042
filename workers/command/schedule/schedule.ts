import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { retrainSettings } from '../../../workflows/contracts/run/retrain.ts';
import { readConfiguration } from '../../configuration.ts';
import { UsageError } from '../outcome.ts';
import { existing, isPath, storePlace } from '../place.ts';
import { confirmSpending, requireBudget, requirePaidEmbedding, teachersOf } from '../run/estimate.ts';
import { buildRunInput, checkNamedFiles, importNamedFiles, type RunInputOptions } from '../run/run-input.ts';
import { answering, withRuns } from '../runs.ts';
import type { Terminal } from '../terminal.ts';
import { checkCron, checkTimeZone } from './cron.ts';
import {
  type CHANGES,
  changeSchedule,
  createSchedule,
  listSchedules,
  OVERLAPS,
  refuseTaken,
  type ScheduleListing,
  showSchedule,
} from './schedules.ts';

export interface CreateOptions extends RunInputOptions {
  cron: string;
  timeZone: string;
  overlap: string;
  on?: string;
  yes?: boolean;
}

/** What is wrong is said before anything is brought into the store, and nothing is scheduled then. */
export async function create(name: string, options: CreateOptions, terminal: Terminal): Promise<void> {
  const clock = clockOf(options);
  const asked = await scheduledInput(options);
  const { from } = asked.generate;
  await checkNamedFiles(withoutRows(asked));
  const paid = [
    ...(await requireBudget(teachersOf(asked), asked.budgetUsd)),
    ...(await requirePaidEmbedding(asked.dedupe.embedding, asked.budgetUsd)),
  ];
  await withRuns(async (places) => {
    const client = answering(places);
    await refuseTaken(client, name);
    const store = places.environment?.store ?? storePlace();
    const imported = await importNamedFiles(withoutRows(asked), store);
    // Rows that grow stay where they are.
    const input = { ...imported, generate: { ...imported.generate, from } };
    await confirmSpending(input, paid, store, options.yes ?? false, terminal);
    const { taskQueue } = readConfiguration();
    const note =
      asked.retrain === null ? '' : `new rows of ${String(from)}, on the ${asked.retrain.model} model`;
    await createSchedule(client, { name, ...clock, taskQueue, input }, note);
    const listing = await showSchedule(client, name);
    terminal.result(listing, textOf(listing));
    if (typeof from === 'string' && isPath(from))
      terminal.say(
        `workers read ${from}: ALPACA_IMPORT_FOLDERS of theirs has to name a folder that it is in`,
      );
  });
}

function clockOf({ cron, timeZone, overlap }: CreateOptions) {
  const known = Object.entries(OVERLAPS).find(([policy]) => policy === overlap);
  if (known === undefined)
    throw new UsageError(`--overlap is ${Object.keys(OVERLAPS).join(' or ')}, not ${overlap}.`);
  return { cron: checkCron(cron), timeZone: checkTimeZone(timeZone), overlap: known[1] };
}

/** A schedule over rows that exist is of what is new among them. */
async function scheduledInput({ on, ...options }: CreateOptions): Promise<AlpacaInput> {
  const input = await buildRunInput(options);
  const { from } = input.generate;
  const model = retrainSettings.shape.model.optional().safeParse(on);
  if (!model.success) throw new UsageError(`--on is last or base, not ${on}.`);
  if (from === null) {
    if (on !== undefined) throw new UsageError('--on goes with --from, the rows that grow.');
    return input;
  }
  const retrain = {
    ...(input.retrain ?? retrainSettings.parse({})),
    ...(model.data && { model: model.data }),
  };
  const place = typeof from === 'string' && isPath(from) ? await existing(from) : from;
  return { ...input, generate: { ...input.generate, from: place }, retrain };
}

function withoutRows(input: AlpacaInput): AlpacaInput {
  return { ...input, generate: { ...input.generate, from: null } };
}

/** `alpaca schedule list` */
export function list(terminal: Terminal): Promise<void> {
  return withRuns(async (places) => {
    const found = await listSchedules(answering(places));
    terminal.result(found, found.map(lineOf).join('\n') || 'There is no schedule.');
  });
}

/** `alpaca schedule show` */
export function show(name: string, terminal: Terminal): Promise<void> {
  return withRuns(async (places) => {
    const listing = await showSchedule(answering(places), name);
    terminal.result(listing, textOf(listing));
  });
}

/** `alpaca schedule pause`, `resume`, `run` and `delete` */
export function alter(name: string, change: keyof typeof CHANGES, terminal: Terminal): Promise<void> {
  return withRuns(async (places) => {
    await changeSchedule(answering(places), name, change);
    terminal.result({ name, change }, `${name}: ${DONE[change]}`);
  });
}

const DONE: Readonly<Record<keyof typeof CHANGES, string>> = {
  pause: 'paused',
  resume: 'goes on',
  run: 'a run is started; where one goes on, the policy says whether another follows it',
  delete: 'deleted',
};

function lineOf({ name, cron, timeZone, isPaused, next }: ScheduleListing): string {
  return `${name}  ${cron ?? 'by a clock of its own,'} ${timeZone}  ${isPaused ? 'paused' : `next ${next[0] ?? 'never'}`}`;
}

function textOf(listing: ScheduleListing): string {
  const { overlap, note, next, started, skipped, runs, running } = listing;
  return [
    lineOf(listing),
    ...(note === '' ? [] : [`  ${note}`]),
    `  next     ${next.join(', ') || 'never'}`,
    `  overlap  ${overlap}`,
    `  started  ${started}, skipped ${skipped} since one went on`,
    ...(running.length === 0 ? [] : [`  running  ${running.join(', ')}`]),
    ...(runs.length === 0 ? [] : [`  latest   ${runs.join(', ')}`]),
  ].join('\n');
}

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { peakMemoryBytes } from '../../activities/process/peak-memory.ts';
import { INTERNAL } from '../../workflows/contracts/run.ts';
import { resolveStart } from '../../workflows/decisions/start/resolve-start.ts';
import { STARTS, type WorkflowName } from '../../workflows/decisions/start/starts.ts';
import fc from '../property.ts';
import type { Harness, StartWorkflow } from '../workflow/harness.ts';

const MOST_MS = 5000;
const MOST_BYTES = 2 ** 30;
/** What a server takes in one payload. */
const PAYLOAD_BYTES = 2 << 20;

const NAMES = Object.keys(STARTS) as WorkflowName[];
const WITHOUT_DEFAULTS: Partial<Record<WorkflowName, object>> = {
  rateLimit: { profile: 'p', windowSeconds: 3 },
  notify: { run: { workflowId: 'w', runId: 'r', type: 'alpaca', namespace: 'default' } },
};

interface Edit {
  /** shares of the way: which field at each depth */
  way: number[];
  kind: 'replace' | 'remove' | 'add';
  name: string;
  value: unknown;
}

const numbers = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  9e15,
  Number.MAX_SAFE_INTEGER,
];
const texts = [
  ...[
    '',
    ' ',
    '..',
    '/',
    '/etc/passwd',
    'artifact://x/y/z',
    'run:x',
    '\u0000',
    '\u001B[2J',
    '\u202E',
    '\uD800',
    '가',
  ],
  ...[
    'x'.repeat(300),
    '__proto__',
    'constructor',
    '<script>canary()</script>',
    '1e9',
    'null',
    '2026-02-30T00:00:00Z',
  ],
];
const fieldNames = [
  '__proto__',
  'constructor',
  'toString',
  'x',
  '',
  'handedOver',
  'y'.repeat(1000),
  '\u0000',
];

const anything = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null]),
  fc.constantFrom<unknown>(...numbers),
  fc.constantFrom<unknown>(...texts),
  fc.jsonValue({ maxDepth: 3 }),
  fc.nat(2000).map((length) => Array.from({ length }, () => 'builtin')),
  fc.nat(200).map((depth) => JSON.parse(`${'['.repeat(depth + 1)}${']'.repeat(depth + 1)}`) as unknown),
);

/** A value with parts changed, taken away and added. */
export function hostile(value: unknown, mostEdits = 3): fc.Arbitrary<unknown> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    way: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add'),
    name: fc.constantFrom(...fieldNames),
    value: anything,
  });
  return fc.array(edit, { minLength: 1, maxLength: mostEdits }).map((edits) => edits.reduce(edited, value));
}

/** As JSON has it: `__proto__` is a name like any other. */
function edited(value: unknown, { way: [share = 0, ...rest], ...edit }: Edit): unknown {
  if (typeof value !== 'object' || value === null) return edit.value;
  const fields = Object.entries(value);
  const at = Math.floor(share * fields.length);
  const [name, inner] = fields[at] ?? ['x', null];
  if (rest.length > 0 && typeof inner === 'object' && inner !== null)
    fields[at] = [name, edited(inner, { ...edit, way: rest })];
  else if (edit.kind === 'add') fields.push([edit.name, edit.value]);
  else if (edit.kind === 'remove') fields.splice(at, 1);
  else fields[at] = [name, edit.value];
  return Array.isArray(value) ? fields.map(([, each]) => each) : Object.fromEntries(fields);
}

export interface FuzzOptions {
  runs?: number;
  minutes?: number;
  seed?: number;
}

const parametersOf = ({ runs, minutes, seed }: FuzzOptions) => ({
  numRuns: runs ?? Number.POSITIVE_INFINITY,
  ...(minutes === undefined ? {} : { interruptAfterTimeLimit: minutes * 60_000 }),
  ...(seed === undefined ? {} : { seed }),
});

function defaultsOf(name: WorkflowName): object {
  const given = WITHOUT_DEFAULTS[name] ?? {};
  const start = { workflow: name, input: given, second: null, mayBeHandedOver: false };
  const resolved = resolveStart(start);
  assert.equal(resolved.problems, null);
  return resolved.problems === null ? (JSON.parse(JSON.stringify(resolved.input)) as object) : given;
}

const startsOf = (mostEdits: number) =>
  fc
    .constantFrom(...NAMES)
    .chain((name) =>
      fc.tuple(fc.constant(name), hostile(defaultsOf(name), mostEdits), anything, fc.boolean()),
    );

/**
 * Reads starts of every workflow, right ones with parts changed: each is told wrong in a text that is bounded, or is
 * taken as something that a payload can have, and that is taken as it is once more.
 *
 * @returns how many were taken and how many refused
 */
export async function fuzzReading(options: FuzzOptions): Promise<{ taken: number; refused: number }> {
  const counts = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(startsOf(3), async ([workflow, input, second, mayBeHandedOver]) => {
      // The event loop has a turn.
      if ((counts.taken + counts.refused) % 500 === 0) await sleep(0);
      const began = performance.now();
      const resolved = resolveStart({ workflow, input, second, mayBeHandedOver });
      const bytes = Buffer.byteLength(JSON.stringify(resolved));
      if (resolved.problems === null) {
        counts.taken += 1;
        assert.ok(bytes < PAYLOAD_BYTES);
        const again = { workflow, input: resolved.input, second: null, mayBeHandedOver: false };
        assert.deepEqual(resolveStart(again), { ...resolved, handedOver: null, ignored: false });
      } else {
        counts.refused += 1;
        assert.ok(resolved.problems.length > 0 && bytes < 20_000, `${bytes} bytes of problems`);
      }
      assert.ok(performance.now() - began < MOST_MS);
      assert.ok(peakMemoryBytes() < MOST_BYTES);
    }),
    parametersOf(options),
  );
  return counts;
}

const SIGNALS = ['report', 'control', 'training', 'ballot', 'closed'].map((name) => `${INTERNAL}${name}`);
const UPDATES = [
  'pause',
  'resume',
  'setBudget',
  'setTarget',
  'setConcurrency',
  'join',
  'vote',
  'lease',
  'setLimits',
];
const messages = fc.array(fc.tuple(fc.constantFrom(...SIGNALS, ...UPDATES), anything), { maxLength: 6 });

/**
 * Starts workflows on a server with such inputs and sends them such messages: no task of theirs fails or is lost, and
 * each has failed with a code, has ended or answers.
 *
 * @param harness with scripted activities
 */
export async function fuzzWorkflows(
  harness: Harness,
  { runs, minutes = Number.POSITIVE_INFINITY, seed = 1 }: FuzzOptions,
): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  const deadline = performance.now() + minutes * 60_000;
  // The harness terminates what a batch started.
  for (let batch = 0; batch === 0 || (runs === undefined && performance.now() < deadline); batch += 1)
    await harness.withWorker({}, (start) =>
      fc.assert(
        fc.asyncProperty(startsOf(1), messages, async ([workflow, input], sent) => {
          const outcome = await outcomeOf(start, { workflow, input, sent });
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          assert.ok(peakMemoryBytes() < MOST_BYTES);
        }),
        { numRuns: runs ?? BATCH, seed: seed + batch },
      ),
    );
  return outcomes;
}

const BATCH = 40;

/** A busy machine has much to do beside a workflow's task. */
const WITHIN_MS = 60_000;

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

async function outcomeOf(
  start: StartWorkflow,
  {
    workflow,
    input,
    sent,
  }: { workflow: string; input: unknown; sent: readonly (readonly [string, unknown])[] },
): Promise<string> {
  const run = await start(workflow, input, { name: 'fuzz' });
  const updates: Promise<unknown>[] = [];
  for (const [name, body] of sent)
    if (SIGNALS.includes(name)) await run.signal(name, body).catch(() => {});
    else updates.push(run.executeUpdate(name, { args: [body] }).catch(() => {}));
  await Promise.race([Promise.all(updates), sleep(300)]);
  const [end, answer] = [endOf(run), answerOf(run)];
  const outcome = await Promise.race([end, sleep(WITHIN_MS, 'silent', { ref: false }), answer]);
  assert.notEqual(outcome, 'silent', `${workflow} ${JSON.stringify(input)?.slice(0, 1000)}`);
  assert.doesNotMatch(outcome, /Error$/, `${workflow} ${JSON.stringify(input)?.slice(0, 1000)}`);
  const { events } = await run.fetchHistory();
  // A message that came while the workflow was about to end: it is shown it, and ends after it.
  const lost = events?.find(
    ({ workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes }) =>
      failed ? failed.failure?.message !== 'UnhandledCommand' : workflowTaskTimedOutEventAttributes,
  );
  assert.equal(
    lost,
    undefined,
    `${workflow} ${JSON.stringify(input)?.slice(0, 1000)}: ${JSON.stringify(lost)}`,
  );
  const longest = Math.max(0, ...tasksOf(events ?? []));
  assert.ok(
    longest < MOST_MS,
    `${workflow} ${JSON.stringify(input)?.slice(0, 1000)}: a task of ${longest} ms`,
  );
  await run.terminate('tried').catch(() => {});
  // Nothing that was asked is still on its way when the server goes.
  await Promise.all([end, answer, ...updates]);
  return outcome;
}

/** How long each of its tasks took, in milliseconds. */
function tasksOf(events: readonly HistoryEvent[]): number[] {
  return events.flatMap(({ workflowTaskCompletedEventAttributes: completed, eventTime }) => {
    const began = events.find(({ eventId }) => String(eventId) === String(completed?.startedEventId));
    return completed && began ? [milliseconds(eventTime) - milliseconds(began.eventTime)] : [];
  });
}

function milliseconds(time: HistoryEvent['eventTime']): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

/** How it ended: `done`, or the code that it failed with. */
async function endOf(run: WorkflowHandle): Promise<string> {
  try {
    await run.result();
    return 'done';
  } catch (error) {
    const { cause } = error as Error & { cause?: { type?: string; name?: string } };
    return cause?.type ?? cause?.name ?? String(error);
  }
}

/** A workflow that goes on answers what every workflow of the SDK does. */
async function answerOf(run: WorkflowHandle): Promise<string> {
  await sleep(700);
  await run.query('__temporal_workflow_metadata').catch(() => {});
  return 'goes on';
}

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { RawValue } from '@temporalio/common';
import { INTERNAL } from '../../../workflows/contracts/run.ts';
import { STARTS } from '../../../workflows/decisions/start/starts.ts';
import { controlSignal, progressQuery } from '../../../workflows/messages.ts';
import fc from '../../property.ts';
import { eventually, type Harness } from '../harness.ts';
import { answered, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** All but the one that has no body; and such as nobody takes, the SDK's own prefix among them. */
const SIGNALS = [
  ...['report', 'control', 'training', 'ballot', 'event', 'nothing'].map((name) => `${INTERNAL}${name}`),
  '__temporal_nothing',
];
const UPDATES = [
  ...['setBudget', 'setTarget', 'setConcurrency', 'join', 'vote', 'lease', 'setLimits'],
  ...['__proto__', 'constructor', 'nothing'],
];

const RUN = '01a223f5-d9ea-78f5-b537-63986252a573';

/** What our own workflows send; a report within the run that sends it. */
const WHOLE = [
  {
    ...{
      child: 'generate',
      version: 0,
      accepted: 1,
      requests: 1,
      costUsd: 0,
      waitingFor: null,
      forecast: null,
    },
    yield: { asked: 1, parsed: 1, malformed: 0, filtered: {}, similar: 0, accepted: 1 },
  },
  {
    ...{ child: 'train', version: 0, step: 1, totalSteps: 2, loss: 1, before: 1, tokensPerSecond: 1 },
    ...{ figures: null, round: null, waitingFor: null },
  },
  {
    ...{ child: 'evaluate', version: 0, done: 1, total: 2, costUsd: 0 },
    waitingFor: { kind: 'person', reason: 'by request' },
  },
  {
    runId: RUN,
    report: { child: 'evaluate', version: 0, done: 1, total: 2, costUsd: 0, waitingFor: null },
  },
  {
    version: 1,
    control: { paused: false, budgetUsd: null, target: 20, concurrency: 1, stopEarly: false },
  },
  {
    ...{ step: 1, loss: 1, learningRate: 1, gradientNorm: 1, tokensPerSecond: 1 },
    ...{ memoryBytes: 1, peakMemoryBytes: 1, heldOutLoss: null },
  },
  { rater: 0, letters: '1', state: 'rating' },
  [{ item: 0, revision: 1, choice: 'first' }],
  { holder: 'constructor', number: 1, released: { requests: 1, tokens: 1 }, wanted: [5] },
];

/** One of these with a part missing or of another kind; or anything that JSON can say. */
const HALF = fc.sample(
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...WHOLE), fc.nat(), fc.constantFrom(undefined, null, 'x', -1, 1e308, [], {}))
      .map(([whole, part, wrong]) => {
        const fields = Object.entries(whole);
        const half = Object.fromEntries(
          fields.map(([name, value], at) => [name, at === part % fields.length ? wrong : value]),
        );
        return 'child' in whole ? { runId: RUN, report: half } : half;
      }),
    fc.jsonValue({ maxDepth: 2 }),
  ),
  12,
);

/** A body that is no JSON though it says so. */
const UNREADABLE = RawValue.fromPayload({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from('{"child":'),
});

const INPUTS: Partial<Record<string, object>> = {
  alpaca: { generate: { target: 20 } },
  generate: { target: 20 },
  rater: { assigned: 2 },
  // It ends when nobody has asked for ten windows.
  rateLimit: { profile: 'p', windowSeconds: 3 },
  notify: { run: { workflowId: 'told', runId: 'r', type: 'alpaca', namespace: 'default' } },
};

describe('whatever is sent to a workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  for (const workflow of Object.keys(STARTS)) {
    it(`fails no task, and the run ends well: ${workflow}`, async () => {
      const { script, goOn } = heldUp(workflow === 'sample');
      await harness.withWorker(script, async (start) => {
        const run = await start(workflow, INPUTS[workflow]);
        for (const body of [...HALF, UNREADABLE]) {
          for (const signal of SIGNALS) await run.signal(signal, body);
          await Promise.all(
            UPDATES.map((update) => run.executeUpdate(update, { args: [body] }).catch(() => {})),
          );
        }
        goOn();
        await end(run, workflow);
        await assertNoTaskFailed(run);
      });
    });
  }

  it('leaves its children to heed it: settings that say that they are the newest for ever are none', async () => {
    const { script, goOn } = heldUp();
    await harness.withWorker(script, async (start) => {
      const run = await start('alpaca', INPUTS.alpaca);
      const child = harness.environment.client.workflow.getHandle(`${run.workflowId}/generate`);
      const running = async () => (await child.query(progressQuery).catch(() => null))?.stages[0]?.state;
      await eventually(running, (state) => state === 'running');
      const control = { paused: false, budgetUsd: null, target: 40, concurrency: 1, stopEarly: false };
      await child.signal(controlSignal, { control, version: Number.MAX_SAFE_INTEGER });
      await run.executeUpdate('pause');
      const { state, target } = await child.query(progressQuery);
      assert.deepEqual([state, target], ['paused', 20]);
      await run.executeUpdate('resume');
      goOn();
      await run.result();
    });
  });

  it('goes to its children too', async () => {
    const { script, goOn } = heldUp();
    await harness.withWorker(script, async (start) => {
      const run = await start('alpaca', INPUTS.alpaca);
      const child = harness.environment.client.workflow.getHandle(`${run.workflowId}/generate`);
      await eventually(
        () => child.describe().catch(() => null),
        (described) => described !== null,
      );
      for (const body of [...HALF, UNREADABLE])
        for (const signal of SIGNALS) await child.signal(signal, body);
      goOn();
      await run.result();
      await assertNoTaskFailed(run);
      await assertNoTaskFailed(child);
    });
  });
});

describe('a query', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('that comes right after the start is answered, before the input is read', async () => {
    await harness.withWorker({}, async (start) => {
      for (const [workflow, query] of [
        ...['alpaca', 'generate', 'dedupe', 'filter', 'train', 'evaluate'].map(
          (name) => [name, 'progress'] as const,
        ),
        ...[['rate', 'rating'] as const, ['rater', 'rater'] as const, ['rateLimit', 'limits'] as const],
      ]) {
        const input =
          workflow === 'rateLimit' ? { profile: 'p', windowSeconds: 0.1 } : (INPUTS[workflow] ?? {});
        const run = await start(workflow, input);
        const answers = await Promise.all([1, 2, 3].map(() => run.query<object>(query)));
        for (const answer of answers) assert.ok(Object.keys(answer).length > 3, workflow);
        await end(run, workflow);
      }
    });
  });
});

describe('a second argument', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('of a person is ignored by each workflow, whatever it is', async () => {
    await harness.withWorker({}, async (start) => {
      for (const workflow of Object.keys(STARTS))
        for (const second of [{ handedOver: { version: 1 } }, 'half']) {
          const input =
            workflow === 'rateLimit' ? { profile: 'p', windowSeconds: 0.1 } : (INPUTS[workflow] ?? {});
          const run = await start(workflow, input, { second });
          await end(run, workflow);
          await assertNoTaskFailed(run);
        }
    });
  });
});

describe('an input that cannot be read', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('fails the workflow at once, as any wrong input does', async () => {
    await harness.withWorker({}, async (start) => {
      const run = await start('sample', UNREADABLE);
      await assert.rejects(run.result(), (error: Error & { cause?: Error & { type?: string } }) => {
        assert.equal(error.cause?.type, 'InvalidInput');
        return true;
      });
      await assertNoTaskFailed(run);
    });
  });
});

/** A server takes ids of 1,000 bytes. */
describe('a workflow id', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('that leaves no room for those of its children is refused at once; one byte shorter it is none', async () => {
    await harness.withWorker({}, async (start) => {
      for (const [workflow, longest, letter] of [
        ['alpaca', 991, 'x'],
        ['rate', 983, 'x'],
        ['rate', 983, '가'],
      ] as const) {
        // The harness appends 37 characters.
        const named = (bytes: number) => {
          const letters = letter.repeat(Math.floor((bytes - 37) / Buffer.byteLength(letter)));
          return letters + 'x'.repeat(bytes - 37 - Buffer.byteLength(letters));
        };
        const tooLong = await start(workflow, INPUTS[workflow], { name: named(longest + 1) });
        await assert.rejects(tooLong.result(), ({ cause }: Error & { cause?: { type?: string } }) => {
          assert.equal((cause as { type?: string }).type, 'InvalidInput');
          assert.match(String(cause), new RegExp(`${longest + 1} bytes.*at most ${longest}`));
          return true;
        });
        const run = await start(workflow, INPUTS[workflow], { name: named(longest) });
        await end(run, workflow);
      }
    });
  });
});

/** Activities that wait until all is sent. A run of more than one step waits in its second. */
function heldUp(sampling = false): { script: Partial<Script>; goOn: () => void } {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const after =
    <Input, Result>(work: (input: Input) => Promise<Result>) =>
    async (input: Input) => {
      await held;
      return work(input);
    };
  return {
    script: {
      sampleSeeds: sampling ? after(scripted.sampleSeeds) : scripted.sampleSeeds,
      answerRequest: after(async ({ request }) => answered(request)),
      dedupeRows: after(scripted.dedupeRows),
      filterRows: after(scripted.filterRows),
      tokenizeRows: after(scripted.tokenizeRows),
      trainShard: after(scripted.trainShard),
      judgePairs: after(scripted.judgePairs),
      prepareComparison: after(scripted.prepareComparison),
      writeRelease: after(scripted.writeRelease),
    },
    goOn,
  };
}

/** What ends by a person alone is ended by one. */
async function end(run: WorkflowHandle, workflow: string): Promise<void> {
  if (workflow === 'rate') await run.executeUpdate('close');
  if (workflow === 'rater') await run.signal(`${INTERNAL}closed`, 'half').catch(() => {});
  // It waits for the end of the run that it tells of.
  if (workflow === 'notify') await run.cancel();
  await run.result();
}

async function assertNoTaskFailed(run: WorkflowHandle): Promise<void> {
  const { events } = await run.fetchHistory();
  const failures = events?.flatMap(
    ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
  );
  assert.deepEqual(failures, []);
}

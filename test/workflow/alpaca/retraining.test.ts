import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { z } from 'zod';
import {
  changeSchedule,
  createSchedule,
  listSchedules,
  refuseTaken,
  showSchedule,
} from '../../../workers/command/schedule/schedules.ts';
import {
  type AlpacaInput,
  type AlpacaResult,
  alpacaInput,
  alpacaResult,
} from '../../../workflows/contracts/pipeline.ts';
import type { ReleaseInput } from '../../../workflows/contracts/release.ts';
import type { FindNewRowsInput, NewRows } from '../../../workflows/contracts/run/retrain.ts';
import { eventually, type Harness } from '../harness.ts';
import { reference, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** Runs that a schedule of the Temporal server starts: what one leaves to the next goes through the server alone. */
describe('a schedule of retrainings', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  /** One night after the other: each rejects where its run fails. */
  const nightly = async (
    input: z.input<typeof alpacaInput>,
    test: (night: () => Promise<AlpacaResult | null>) => Promise<void>,
  ) => {
    const { client } = harness.environment;
    const name = `nightly-${randomUUID()}`;
    const clock = { cron: '0 0 1 1 *', timeZone: 'UTC', overlap: 'SKIP' } as const;
    const { taskQueue } = harness;
    await createSchedule(client, { name, ...clock, taskQueue, input: alpacaInput.parse(input) }, 'a note');
    const latest = async () => (await client.schedule.getHandle(name).describe()).info;
    const night = async () => {
      const { numActionsTaken } = await latest();
      await changeSchedule(client, name, 'run');
      const { recentActions } = await eventually(latest, (now) => now.numActionsTaken > numActionsTaken);
      const { action } = recentActions.at(-1) ?? assert.fail();
      try {
        return alpacaResult
          .nullable()
          .parse(await client.workflow.getHandle(action.workflow.workflowId).result());
      } finally {
        // The server hears of the end by itself, a moment later; and ids of a schedule's runs have its second.
        await eventually(latest, (now) => now.runningActions.length === 0);
        await sleep(1000);
      }
    };
    try {
      await test(night);
    } finally {
      await changeSchedule(client, name, 'delete');
    }
  };

  it('trains the last model on what is new; where nothing is, it gives the last result; what fails leaves no trace', async () => {
    const asked: FindNewRowsInput[] = [];
    const checked: AlpacaInput[] = [];
    const first = { newRows: 40, data: reference('dataset', 40, 'first'), known: reference('row-keys', 40) };
    const more = { newRows: 3, data: reference('dataset', 3, 'more'), known: reference('row-keys', 43) };
    const nights: NewRows[] = [first, { newRows: 0, data: null, known: first.known }, more, more];
    const script: Partial<Script> = {
      async findNewRows(given) {
        asked.push(given);
        return nights[asked.length - 1] ?? assert.fail();
      },
      async checkInput(given) {
        checked.push(given);
        if (asked.length === 3) throw ApplicationFailure.nonRetryable('this night fails', 'InvalidInput');
      },
      judgePairs: async (given) => ({ ...(await scripted.judgePairs(given)), costUsd: 0.25 }),
    };
    await harness.withWorker(script, async () => {
      const settings = { budgetUsd: 1, generate: { from: '/data/rows' }, retrain: {} };
      await nightly(settings, async (night) => {
        const result = (await night()) ?? assert.fail();
        assert.equal(result.costUsd, 0.25);
        const { runId } = result.retrain ?? assert.fail();
        assert.deepEqual(result.retrain, { newRows: 40, known: first.known, runId });
        const retrain = { newRows: 0, known: first.known, runId };
        assert.deepEqual(await night(), { ...result, costUsd: 0, retrain });
        await assert.rejects(night());
        const last = await night();
        assert.equal(last?.retrain?.newRows, 3);
        assert.notEqual(last.retrain.runId, runId);
        assert.deepEqual(
          asked.map(({ known }) => known?.rows ?? null),
          [null, 40, 40, 40],
        );
        assert.deepEqual(
          checked.map(({ generate, tokenize }) => [generate.from, tokenize.model]),
          [
            [first.data, 'builtin'],
            [more.data, result.train.model],
            [more.data, result.train.model],
          ],
        );
      });
    });
  });

  it('that begin with a model of the hub fetch it and name it the first night alone, and rows once a night', async () => {
    const fetched: string[] = [];
    const released: ReleaseInput[] = [];
    let looks = 0;
    const script: Partial<Script> = {
      async fetchFromHub(wanted) {
        fetched.push(wanted.source);
        return scripted.fetchFromHub(wanted);
      },
      async findNewRows(given) {
        looks += 1;
        // Its worker was stopped: it is looked again.
        if (looks === 1) throw ApplicationFailure.nonRetryable('stopping', 'WorkerStopping');
        return scripted.findNewRows(given);
      },
      async writeRelease(given) {
        released.push(given);
        return scripted.writeRelease(given);
      },
    };
    const settings = {
      ...{ generate: { from: 'hf:owner/rows' }, tokenize: { model: 'hf:owner/base' }, retrain: {} },
    };
    await harness.withWorker(script, async () => {
      await nightly(settings, async (night) => {
        await night();
        await night();
      });
    });
    assert.deepEqual(fetched, ['hf:owner/base', 'hf:owner/rows', 'hf:owner/rows']);
    assert.deepEqual(
      released.map(({ baseModel, sourceDataset }) => [baseModel, sourceDataset]),
      [
        [`owner/model@${'c'.repeat(40)}`, `owner/rows@${'c'.repeat(40)}`],
        [null, `owner/rows@${'c'.repeat(40)}`],
      ],
    );
  });

  it('says where its search for rows failed for good, and how it goes on', async () => {
    const script: Partial<Script> = {
      findNewRows: async () => {
        throw ApplicationFailure.nonRetryable('Line 3 of rows.jsonl is wrong.', 'InvalidInput');
      },
    };
    await harness.withWorker(script, async (start) => {
      const run = await start('alpaca', { generate: { from: '/data/rows' }, retrain: {} });
      await assert.rejects(run.result(), (error: Error) => {
        assert.match(
          String(error.cause),
          /Line 3 of rows\.jsonl is wrong\. Once that is mended, this goes on from there: temporal workflow reset /,
        );
        return true;
      });
    });
  });

  it('has no result while nothing is new from the first night on, and then trains all that is there', async () => {
    const asked: FindNewRowsInput[] = [];
    const few = { newRows: 2, data: null, known: null };
    const script: Partial<Script> = {
      async findNewRows(given) {
        asked.push(given);
        return asked.length < 3 ? few : scripted.findNewRows(given);
      },
    };
    const settings = { generate: { from: '/data/rows' }, retrain: { leastRows: 5 } };
    await harness.withWorker(script, async () => {
      await nightly(settings, async (night) => {
        assert.deepEqual([await night(), await night()], [null, null]);
        assert.ok((await night())?.retrain);
        assert.deepEqual(
          asked.map(({ known }) => known),
          [null, null, null],
        );
      });
    });
  });

  it('is there once by its name, pauses, goes on, and is told by name where it is not', async () => {
    const { client } = harness.environment;
    const name = `once-${randomUUID()}`;
    const clock = { cron: '0 0 1 1 *', timeZone: 'Europe/Berlin', overlap: 'BUFFER_ONE' } as const;
    const schedule = { name, ...clock, taskQueue: harness.taskQueue, input: alpacaInput.parse({}) };
    await createSchedule(client, schedule, '');
    const isTaken = {
      code: 'InvalidInput',
      message: /^There is a schedule once-\S+ already\. Choose another name/,
    };
    await assert.rejects(createSchedule(client, schedule, ''), isTaken);
    await assert.rejects(refuseTaken(client, name), isTaken);
    const { next, ...shown } = await showSchedule(client, name);
    assert.equal(next.length, 3);
    assert.deepEqual(shown, {
      ...{ name, ...clock, isPaused: false, note: '' },
      ...{ started: 0, skipped: 0, runs: [], running: [] },
    });
    await changeSchedule(client, name, 'pause');
    await eventually(
      () => listSchedules(client),
      (listed) => listed.some((one) => one.name === name && one.isPaused),
    );
    await changeSchedule(client, name, 'resume');
    assert.equal((await showSchedule(client, name)).isPaused, false);
    await changeSchedule(client, name, 'delete');
    const isNone = { code: 'NotFound', message: /^There is no schedule once-\S+\. List them/ };
    await assert.rejects(changeSchedule(client, name, 'run'), isNone);
    await assert.rejects(showSchedule(client, name), isNone);
    await refuseTaken(client, name);
  });
});

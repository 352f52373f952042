import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import type { Outlook } from '../../../workflows/contracts/generate-activities.ts';
import type { ControlState } from '../../../workflows/contracts/progress.ts';
import { within } from '../../../workflows/decisions/forecast/forecasting.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { ACCEPTED, COST_USD, STAGE } from '../../../workflows/search-attributes.ts';
import { eventually, type Harness, type OwnHarness, startHarness } from '../harness.ts';
import {
  acceptTen,
  answered,
  freeEstimate,
  paidEstimate,
  paying,
  reference,
  type scripted,
} from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const figure = within(40, 2);
const OUTLOOK: Outlook = {
  forecast: {
    basis: 'assumed',
    measuredRequests: 0,
    ...{ requests: figure, promptTokens: figure, completionTokens: figure },
    ...{ costUsd: figure, hours: figure, secondsLeft: figure },
  },
  decline: { mean: 0, standardDeviation: 0.1 },
  secondsPerRequest: within(1, 2),
};

describe('the generate workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('accepts in index order whatever order the answers arrive in', async () => {
    const rounds: Array<[number, number]> = [];
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      await new Promise((resolve) => setTimeout(resolve, request % 2 === 0 ? 200 : 10));
      return answered(request);
    };
    const acceptRound: typeof acceptTen = async (input) => {
      rounds.push([input.firstRequest, input.requests]);
      return acceptTen(input);
    };
    await harness.withWorker({ answerRequest, acceptRound }, async (start) => {
      await (await start('generate', { target: 100, roundSize: 4, concurrency: 8 })).result();
      assert.deepEqual(rounds, [
        [0, 4],
        [4, 4],
        [8, 2],
      ]);
    });
  });

  it('asks for no more requests than the target is expected to need', async () => {
    let asked = 0;
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      asked += 1;
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const result = (await (
        await start('generate', { target: 50, concurrency: 64, roundSize: 8 })
      ).result()) as GenerateResult;
      assert.deepEqual([asked, result.requests, result.data.rows], [5, 5, 50]);
    });
  });

  it('never has more requests in flight than the window', async () => {
    let inFlight = 0;
    let most = 0;
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setTimeout(resolve, 30));
      inFlight -= 1;
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      await (await start('generate', { target: 200, concurrency: 3 })).result();
      assert.equal(most, 3);
    });
  });

  it('refuses a paid teacher without a budget, before anything is asked', async () => {
    const answerRequest = async () => assert.fail('a request was sent');
    const estimateGeneration = async () => paidEstimate;
    await harness.withWorker({ answerRequest, estimateGeneration }, async (start) => {
      const handle = await start('generate', { teacher: 'openai', target: 100 });
      await assert.rejects(handle.result(), (error: Error & { cause?: Error }) => {
        assert.equal(
          error.cause?.message,
          'The teacher "openai" costs money, and there is no budget: about 10 requests and 5.00 USD are expected for 100 instructions, and one request can cost up to 1.00 USD. Give a budget in dollars (--budget, or budgetUsd in the input): nothing is asked whose worst case could pass it.',
        );
        return true;
      });
    });
  });

  it('reserves the worst case, pauses at the cap with everything kept, and goes on after setBudget', async () => {
    let committed = 0;
    let worst = 0;
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      committed += 1; // what it could cost while it is in flight
      worst = Math.max(worst, committed);
      await new Promise((resolve) => setTimeout(resolve, 20));
      committed -= 0.5; // what it did cost stays
      return answered(request, 0.5);
    };
    await harness.withWorker(
      { answerRequest: paying(answerRequest), estimateGeneration: async () => paidEstimate },
      async (start) => {
        const handle = await start('generate', { target: 100, budgetUsd: 3, roundSize: 2 });
        const waiting = await eventually(
          () => handle.query(progressQuery),
          ({ state }) => state === 'paused',
        );
        assert.equal(
          waiting.pauseReason,
          'the budget of 3.00 USD is reached: 2.50 USD is spent and one more request can cost 1.00 USD; everything is kept, setBudget goes on',
        );
        assert.equal(worst <= 3, true, `$${worst} were at risk under a cap of $3`);

        await assert.rejects(handle.executeUpdate('setBudget', { args: [1] }), (error: Error) =>
          /2\.50 USD is spent already/.test(String(error.cause)),
        );
        const state = (await handle.executeUpdate('setBudget', { args: [6] })) as ControlState;
        assert.equal(state.budgetUsd, 6);
        const result = (await handle.result()) as GenerateResult;
        assert.deepEqual([result.data.rows, result.costUsd], [100, 5]);
      },
    );
  });

  it('pauses at the cap too where a lost asking is what is owed next, and ends early from there', async () => {
    const answerRequest: typeof scripted.answerRequest = async ({ request, asking }) =>
      request === 1 && asking === 0
        ? { ...answered(request), status: 'lost', sent: 0, lost: 5, lostUsd: 1, costUsd: 0 }
        : answered(request, 0.5);
    await harness.withWorker(
      { answerRequest: paying(answerRequest), estimateGeneration: async () => paidEstimate },
      async (start) => {
        const handle = await start('generate', { target: 100, budgetUsd: 2, concurrency: 1, roundSize: 1 });
        const waiting = await eventually(
          () => handle.query(progressQuery),
          ({ state }) => state === 'paused',
        );
        assert.deepEqual([waiting.pauseKind, waiting.costUsd], ['budget', 1.5]);
        await handle.executeUpdate('stopEarly');
        const result = (await handle.result()) as GenerateResult;
        assert.deepEqual([result.stopReason, result.requests, result.lost], ['stopped-early', 1, 5]);
      },
    );
  });

  it('never reserves one sum twice where a new budget frees two waits at once', async () => {
    let committed = 0;
    let worst = 0;
    const answerRequest: typeof scripted.answerRequest = async ({ request, asking }) => {
      committed += 1;
      worst = Math.max(worst, committed);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (request === 1 && asking === 0)
        return { ...answered(request), status: 'lost', sent: 0, lost: 5, lostUsd: 1, costUsd: 0 };
      committed -= 0.5;
      return answered(request, 0.5);
    };
    await harness.withWorker(
      { answerRequest: paying(answerRequest), estimateGeneration: async () => paidEstimate },
      async (start) => {
        const handle = await start('generate', { target: 40, budgetUsd: 2, concurrency: 2, roundSize: 1 });
        const paused = async () =>
          (await eventually(
            () => handle.query(progressQuery),
            ({ state, costUsd }) => state === 'paused' && costUsd >= 1,
          )) && committed;
        await paused();
        await handle.executeUpdate('setBudget', { args: [2.5] });
        await eventually(
          () => handle.query(progressQuery),
          ({ costUsd, pauseKind }) => costUsd === 2 && pauseKind === 'budget',
        );
        assert.equal(worst <= 2.5, true, `$${worst} were at risk under a cap of $2.5`);
        await handle.executeUpdate('setBudget', { args: [10] });
        assert.equal(((await handle.result()) as GenerateResult).requests, 4);
      },
    );
  });

  it('replaces the estimate by its own forecast after ten answered requests, whatever the round', async () => {
    const held = Promise.withResolvers<void>();
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      if (request >= 10) await held.promise;
      return answered(request, 0.5);
    };
    await harness.withWorker(
      {
        answerRequest,
        estimateGeneration: async () => ({ ...paidEstimate, outlook: OUTLOOK }),
      },
      async (start) => {
        const handle = await start('generate', {
          target: 400,
          budgetUsd: 100,
          concurrency: 2,
          roundSize: 32,
        });
        const measured = await eventually(
          () => handle.query(progressQuery),
          ({ forecast }) => forecast?.basis === 'measured',
        );
        const { forecast, etaSeconds } = measured;
        assert.equal(measured.accepted, 100);
        assert.ok(forecast && forecast.requests.value >= 40 && forecast.requests.value <= 46);
        assert.ok(forecast.costUsd.low < forecast.costUsd.value && forecast.costUsd.value > 15);
        assert.equal(etaSeconds, forecast.secondsLeft.value);
        held.resolve();
        await handle.result();
      },
    );
  });

  it('tells its parent the estimate before anything is asked', async () => {
    const held = Promise.withResolvers<void>();
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      await held.promise;
      return answered(request);
    };
    const estimateGeneration = async () => ({ ...freeEstimate, outlook: OUTLOOK });
    await harness.withWorker({ answerRequest, estimateGeneration }, async (start) => {
      const handle = await start('alpaca', { generate: { target: 100 } });
      const { forecast, accepted } = await eventually(
        () => handle.query(progressQuery),
        (progress) => progress.forecast !== null,
      );
      assert.deepEqual([forecast, accepted], [OUTLOOK.forecast, 0]);
      held.resolve();
      await handle.result();
    });
  });

  it('can be searched by stage, rows and cost when it runs by itself', async () => {
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => answered(request, 0.5);
    await harness.withWorker(
      { answerRequest: paying(answerRequest), estimateGeneration: async () => paidEstimate },
      async (start) => {
        const handle = await start('generate', { target: 40, budgetUsd: 100 });
        await handle.result();
        const { typedSearchAttributes } = await handle.describe();
        const [stage, accepted, cost] = [STAGE, ACCEPTED, COST_USD].map(({ name }) =>
          typedSearchAttributes.getAll().find(({ key }) => key.name === name),
        );
        assert.deepEqual([stage?.value, accepted?.value, cost?.value], ['generate', 40, 2]);
      },
    );
  });

  it('books a lost asking at its worst case and asks afresh', async () => {
    const askings: number[] = [];
    const answerRequest: typeof scripted.answerRequest = async ({ request, asking }) => {
      if (request !== 1) return answered(request, 0.5);
      askings.push(asking);
      return asking === 0
        ? { ...answered(request), status: 'lost', sent: 4, lost: 1, lostUsd: 0.2, costUsd: 0.4 }
        : { ...answered(request), sent: 1, fromLedger: 4, costUsd: 0.1 };
    };
    await harness.withWorker(
      { answerRequest: paying(answerRequest), estimateGeneration: async () => paidEstimate },
      async (start) => {
        const handle = await start('generate', { target: 20, budgetUsd: 100 });
        const result = (await handle.result()) as GenerateResult;
        assert.deepEqual(askings, [0, 1]);
        assert.deepEqual([result.lost, result.sent, Number(result.costUsd.toFixed(6))], [1, 10, 1.2]);
      },
    );
  });

  it('waits when one request is lost again and again, instead of paying on', async () => {
    const askings: number[] = [];
    const answerRequest: typeof scripted.answerRequest = async ({ request, asking }) => {
      if (request !== 1) return answered(request);
      askings.push(asking);
      return asking < 3
        ? { ...answered(request), status: 'lost', sent: 0, lost: 5, lostUsd: 0.1 }
        : answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 20, outageWaitSeconds: 1 });
      const waiting = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.match(
        waiting.pauseReason ?? '',
        /request 1 cannot be answered now \(3 askings in a row brought no usable answer\)/,
      );
      assert.equal(((await handle.result()) as GenerateResult).lost, 15);
      assert.deepEqual(askings, [0, 1, 2, 3]);
    });
  });

  it('waits longer from time to time while one request is lost again and again', async () => {
    const answerRequest: typeof scripted.answerRequest = async ({ request, asking }) =>
      asking < 6
        ? { ...answered(request), status: 'lost', sent: 0, lost: 5, lostUsd: 0.1 }
        : answered(request);
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 10, concurrency: 1, outageWaitSeconds: 1 });
      for (const seconds of [1, 2])
        await eventually(
          () => handle.query(progressQuery),
          ({ pauseReason }) => pauseReason?.endsWith(`trying again in ${seconds} s`) ?? false,
        );
      assert.equal(((await handle.result()) as GenerateResult).lost, 30);
    });
  });

  it('waits out a teacher that is away past every retry, and skips no index', async () => {
    let failures = 0;
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      if (request === 2 && failures < 9) {
        failures += 1;
        throw ApplicationFailure.create({
          message: '503 from the teacher',
          type: 'TeacherUnavailable',
          nextRetryDelay: 1,
        });
      }
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 60, outageWaitSeconds: 1 });
      const waiting = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.equal(
        waiting.pauseReason,
        'request 2 cannot be answered now (503 from the teacher); trying again in 1 s',
      );
      assert.equal(((await handle.result()) as GenerateResult).requests, 6);
      assert.equal(failures, 9);
    });
  });

  it('takes a new target and a new window while it runs, and stops early with what is accepted', async () => {
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 5000, concurrency: 2, roundSize: 2 });
      await eventually(
        () => handle.query(progressQuery),
        ({ accepted }) => accepted >= 40,
      );
      await assert.rejects(handle.executeUpdate('setTarget', { args: [10] }), (error: Error) =>
        /accepted already/.test(String(error.cause)),
      );
      await assert.rejects(handle.executeUpdate('setConcurrency', { args: [0] }), (error: Error) =>
        /1 to 256/.test(String(error.cause)),
      );
      await handle.executeUpdate('setTarget', { args: [4000] });
      await handle.executeUpdate('setConcurrency', { args: [4] });
      const state = (await handle.executeUpdate('stopEarly')) as ControlState;
      assert.deepEqual(state, {
        paused: false,
        budgetUsd: null,
        target: 4000,
        concurrency: 4,
        stopEarly: true,
      });
      const result = (await handle.result()) as GenerateResult;
      assert.equal(result.stopReason, 'stopped-early');
      assert.equal(result.data.rows, result.requests * 10);
    });
  });

  it('fails with the yield when nothing at all was accepted', async () => {
    const acceptRound: typeof acceptTen = async (input) => ({
      ...(await acceptTen(input)),
      pool: reference('pool', 0),
      accepted: 0,
      outcome: 'collapsed',
    });
    await harness.withWorker({ acceptRound }, async (start) => {
      await assert.rejects(
        (await start('generate', { target: 10 })).result(),
        (error: Error & { cause?: Error }) =>
          /^No instruction was accepted from \d+ requests/.test(error.cause?.message ?? ''),
      );
    });
  });
});

describe('a long generation', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=150']);
  });
  after(() => harness.close());

  it('continues as new on the server’s suggestion, asks no request twice and carries every counter', async () => {
    const asked = new Map<number, number>();
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      asked.set(request, (asked.get(request) ?? 0) + 1);
      return answered(request, 0.01);
    };
    await harness.withWorker(
      { answerRequest, estimateGeneration: async () => freeEstimate },
      async (start) => {
        const handle = await start('generate', { target: 1000, concurrency: 8, roundSize: 4 });
        const result = (await handle.result()) as GenerateResult;

        const query = `WorkflowId = "${handle.workflowId}" AND ExecutionStatus = "ContinuedAsNew"`;
        const continued = await eventually(
          async () => (await harness.environment.client.workflow.count(query)).count,
          (count) => count > 0,
        );
        assert.ok(continued >= 2, `${continued} continuations`);
        assert.equal(asked.size, 100);
        assert.deepEqual([...new Set(asked.values())], [1]);
        assert.deepEqual(
          [result.requests, result.data.rows, result.sent, Number(result.costUsd.toFixed(6))],
          [100, 1000, 500, 1],
        );
        assert.equal(result.yield.accepted, 1000);
      },
    );
  });
});

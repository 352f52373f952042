import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { visitorClients } from '../../../workers/runs/clients.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { progress } from '../../../workflows/contracts/progress.ts';
import { updatesSaid } from '../../../workflows/contracts/run/said.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { eventually, type Harness, type OwnHarness, startHarness } from '../harness.ts';
import { embeddingPass, reference, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('the alpaca workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('runs the seven steps in order on {} and releases the result', async () => {
    const calls: string[] = [];
    const recorded = Object.fromEntries(
      Object.entries(scripted).map(([name, activity]) => [
        name,
        (input: never) => {
          if (calls.at(-1) !== name) calls.push(name);
          return (activity as (input: never) => Promise<unknown>)(input);
        },
      ]),
    );
    await harness.withWorker(recorded, async (start) => {
      const handle = await start('alpaca', { generate: { target: 60 } });
      const result = (await handle.result()) as AlpacaResult;

      assert.equal(result.rows, 60);
      assert.deepEqual(result.train.loss, { before: 8, after: 3 });
      assert.deepEqual(
        [...new Set(calls)],
        [
          'resolveStart',
          'checkInput',
          'sampleSeeds',
          'estimateGeneration',
          'answerRequest',
          'acceptRound',
          'gatherAccepted',
          'dedupeRows',
          'tokenizeRows',
          'planTraining',
          'measureLoss',
          'trainShard',
          'exportModel',
          'evaluateHeldOut',
          'answerInstructions',
          'judgePairs',
          'writeRelease',
          'recordRun',
        ],
      );
    });
  });

  it('answers the progress query with every stage, and is found by its search attributes', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('alpaca', { generate: { target: 60 } });
      await handle.result();

      const answer = progress.parse(await handle.query(progressQuery));
      assert.deepEqual(
        answer.stages.map(({ name, state }) => `${name} ${state}`),
        [
          'sample done',
          'generate done',
          'dedupe done',
          'tokenize done',
          'train done',
          'evaluate done',
          'release done',
        ],
      );
      assert.deepEqual([answer.state, answer.accepted, answer.target], ['done', 60, 60]);
      assert.deepEqual(answer.loss, { latest: 2, before: 8, after: 3 });

      const { typedSearchAttributes } = await handle.describe();
      const ours = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('Alpaca'));
      assert.deepEqual(ours.map(({ key, value }) => `${key.name} ${value}`).sort(), [
        'AlpacaAccepted 60',
        'AlpacaCostUsd 0',
        'AlpacaModel builtin',
        'AlpacaStage release',
        'AlpacaState done',
      ]);
    });
  });

  it('runs on no input at all, as `temporal workflow start` without --input sends it', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('alpaca');
      assert.equal(((await handle.result()) as AlpacaResult).rows, 2000);
    });
  });

  it('fails at once on a wrong field, naming the path, the value and what was expected', async () => {
    let called = false;
    const sampleSeeds = async () => {
      called = true;
      return scripted.sampleSeeds({} as never);
    };
    await harness.withWorker({ sampleSeeds }, async (start) => {
      assert.equal(
        await messageOf((await start('alpaca', { generate: { target: 'many' } })).result()),
        'The input of alpaca is wrong: generate.target is "many": expected a number.',
      );
      assert.equal(
        await messageOf((await start('alpaca', { generate: { tarjet: 5 }, seed: 1 })).result()),
        'The input of alpaca is wrong:\ngenerate has no field "tarjet"\nthe input has no field "seed"',
      );
      assert.equal(called, false);
    });
  });

  it('starts from data that exists without asking a teacher', async () => {
    const answerRequest = async () => assert.fail('a teacher was asked');
    await harness.withWorker({ answerRequest }, async (start) => {
      const result = (await (
        await start('alpaca', { generate: { from: '/data/alpaca_data.json' } })
      ).result()) as AlpacaResult;
      assert.equal(result.generate.stopReason, 'imported');
      assert.equal(result.rows, 40);
    });
  });

  it('fails when dedupe over the whole set disagrees with the rounds', async () => {
    const dedupeRows: typeof scripted.dedupeRows = async (input) => ({
      ...(await scripted.dedupeRows(input)),
      rejected: reference('rejected', 3),
    });
    await harness.withWorker({ dedupeRows }, async (start) => {
      const message = await messageOf((await start('alpaca', { generate: { target: 20 } })).result());
      assert.match(message, /^Dedupe over the whole set rejected 3 rows that were accepted in rounds/);
    });
  });

  it('takes what embeddings reject beyond ROUGE-L for no disagreement with the rounds', async () => {
    const dedupeRows: typeof scripted.dedupeRows = async (input) => ({
      ...(await scripted.dedupeRows(input)),
      rejected: reference('rejected', 3),
      embedding: embeddingPass(3, 0.25),
    });
    await harness.withWorker({ dedupeRows }, async (start) => {
      const input = { generate: { target: 20 }, dedupe: { embedding: { teacher: 'offline' } } };
      const result = (await (await start('alpaca', input)).result()) as AlpacaResult;
      assert.equal(result.dedupe.embedding?.rejected, 3);
      assert.equal(result.costUsd, 0.25 + result.generate.costUsd + result.evaluate.costUsd);
    });
  });

  it('pauses where embedding reaches the budget, and goes on after setBudget', async () => {
    const budgets: Array<number | null> = [];
    const dedupeRows: typeof scripted.dedupeRows = async (input) => {
      budgets.push(input.budgetUsd);
      if (budgets.length === 1)
        throw ApplicationFailure.nonRetryable(
          'The budget is reached: embedding spent 0.50 USD.',
          'BudgetReached',
        );
      return { ...(await scripted.dedupeRows(input)), embedding: embeddingPass(0, 0.75) };
    };
    await harness.withWorker({ dedupeRows }, async (start) => {
      const input = {
        ...{ budgetUsd: 1, generate: { target: 20 } },
        dedupe: { embedding: { teacher: 'offline', threshold: 0.8 } },
      };
      const handle = await start('alpaca', input);
      const { stage, pauseReason } = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.deepEqual([stage, pauseReason], ['dedupe', 'The budget is reached: embedding spent 0.50 USD.']);
      await handle.executeUpdate('setBudget', { args: [3] });
      assert.equal(((await handle.result()) as AlpacaResult).dedupe.embedding?.costUsd, 0.75);
    });
    assert.deepEqual(budgets, [1, 3]);
  });

  it('hands a failed step’s own reason to the user', async () => {
    const answerRequest = async () => {
      throw ApplicationFailure.nonRetryable(
        'The teacher openai refused the key: set OPENAI_API_KEY.',
        'Authentication',
      );
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const message = await messageOf((await start('alpaca')).result());
      assert.equal(message, 'The teacher openai refused the key: set OPENAI_API_KEY.');
    });
  });

  it('pauses and resumes through its running child, and answers once the child works by it', async () => {
    let held: (() => void) | undefined;
    let asked = 0;
    const answerRequest: typeof scripted.answerRequest = async (input) => {
      asked += 1;
      if (input.request === 3) {
        await new Promise<void>((resolve) => {
          held = resolve;
        });
      }
      return scripted.answerRequest(input);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('alpaca', { generate: { target: 200, concurrency: 1, roundSize: 2 } });
      await eventually(
        async () => held,
        (release) => release !== undefined,
      );

      const paused = await handle.executeUpdate('pause');
      held?.();
      assert.equal((paused as { paused: boolean }).paused, true);
      assert.equal(
        (
          await eventually(
            () => handle.query(progressQuery),
            ({ state }) => state === 'paused',
          )
        ).pauseReason,
        'by request',
      );
      const askedWhilePaused = asked;
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert.equal(asked, askedWhilePaused);
      assert.deepEqual(await handle.executeUpdate('pause'), paused);

      const resumed = await handle.executeUpdate('resume');
      assert.deepEqual(await handle.executeUpdate('resume'), resumed);
      assert.equal(((await handle.result()) as AlpacaResult).rows, 200);
    });
  });

  it('trains its shards in order, each from the checkpoint of the one before', async () => {
    const shards: Array<[number, number, number | null]> = [];
    const trainShard: typeof scripted.trainShard = async (input) => {
      shards.push([input.fromStep, input.toStep, input.checkpoint?.rows ?? null]);
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      await (await start('train')).result();
      assert.deepEqual(shards, [
        [0, 15, null],
        [15, 30, 15],
      ]);
    });
  });

  it('pauses while the disk is full, in a step of its own and in a child, and goes on by itself', async () => {
    const full = new Set(['tokenizeRows', 'trainShard']);
    const onceFull =
      <Input, Output>(name: string, activity: (input: Input) => Promise<Output>) =>
      async (input: Input) => {
        if (full.delete(name)) {
          throw ApplicationFailure.nonRetryable(
            'The disk is full: model.safetensors was not written.',
            'StorageFull',
          );
        }
        return activity(input);
      };
    const script = {
      tokenizeRows: onceFull('tokenizeRows', scripted.tokenizeRows),
      trainShard: onceFull('trainShard', scripted.trainShard),
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', { generate: { target: 20 } });
      for (const stage of ['tokenize', 'train']) {
        const waiting = await eventually(
          () => handle.query(progressQuery),
          ({ state, stage: at }) => state === 'paused' && at === stage,
        );
        assert.equal(
          waiting.pauseReason,
          'The disk is full: model.safetensors was not written; trying again in 5 s',
        );
      }
      assert.equal(((await handle.result()) as AlpacaResult).rows, 20);
    });
  });

  it('asks a teacher for nothing where a later step could not go on', async () => {
    const checkInput = async () => {
      throw ApplicationFailure.nonRetryable('There is no file or folder /data/model.', 'NotFound');
    };
    const answerRequest = async () => assert.fail('a teacher was asked');
    await harness.withWorker({ checkInput, answerRequest }, async (start) => {
      const message = await messageOf(
        (await start('alpaca', { tokenize: { model: '/data/model' } })).result(),
      );
      assert.equal(message, 'There is no file or folder /data/model.');
    });
  });

  it('asks a teacher for nothing where the GPU worker lacks what the engine of the training needs', async () => {
    const asked: unknown[] = [];
    const checkEngine: Script['checkEngine'] = async (settings) => {
      asked.push(settings);
      throw ApplicationFailure.nonRetryable('This machine has no Python with PyTorch.', 'Configuration');
    };
    const answerRequest = async () => assert.fail('a teacher was asked');
    await harness.withWorker({ checkEngine, answerRequest }, async (start) => {
      const train = { engine: 'torchrun', processes: 2 };
      const message = await messageOf((await start('alpaca', { train })).result());
      assert.equal(message, 'This machine has no Python with PyTorch.');
    });
    assert.deepEqual(asked, [{ engine: 'torchrun', processes: 2, command: null }]);
  });

  it('pauses where judging reaches the budget, and goes on after setBudget', async () => {
    const budgets: Array<number | null> = [];
    const judgePairs: typeof scripted.judgePairs = async (input) => {
      budgets.push(input.evaluation.budgetUsd);
      if (budgets.length === 1)
        throw ApplicationFailure.nonRetryable(
          'The budget is reached: judging spent 0.50 USD.',
          'BudgetReached',
        );
      return { ...(await scripted.judgePairs(input)), costUsd: 0.75 };
    };
    await harness.withWorker({ judgePairs }, async (start) => {
      const handle = await start('alpaca', { budgetUsd: 1, generate: { target: 20 } });
      const waiting = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.deepEqual(
        [waiting.stage, waiting.pauseReason],
        ['evaluate', 'The budget is reached: judging spent 0.50 USD.'],
      );
      await handle.executeUpdate('setBudget', { args: [3] });
      assert.equal(((await handle.result()) as AlpacaResult).costUsd, 0.75);
      assert.deepEqual(budgets, [1, 3]);
    });
  });

  it('ends Cancelled, with its children, when it is cancelled', async () => {
    let inFlight = false;
    const answerRequest: typeof scripted.answerRequest = async () => {
      inFlight = true;
      const { Context } = await import('@temporalio/activity');
      const beat = setInterval(() => Context.current().heartbeat(), 50);
      return Context.current().cancelled.finally(() => clearInterval(beat));
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('alpaca');
      await eventually(async () => inFlight, Boolean);
      await handle.cancel();
      await assert.rejects(
        handle.result(),
        (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      );
      const child = harness.environment.client.workflow.getHandle(`${handle.workflowId}/generate`);
      assert.equal((await child.describe()).status.name, 'CANCELLED');
    });
  });

  for (const step of ['sample', 'dedupe', 'tokenize', 'train', 'evaluate', 'release'] as const) {
    it(`offers the step ${step} as a workflow of its own that runs on {}`, async () => {
      await harness.withWorker({}, async (start) => {
        assert.equal(typeof (await (await start(step, {})).result()), 'object');
      });
    });
  }
});

describe('a run with a long history', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=20']);
  });
  after(() => harness.close());

  it('continues as new between steps, runs none twice, and keeps what was set', async () => {
    const calls: string[] = [];
    const counted =
      <Input, Output>(name: string, activity: (input: Input) => Promise<Output>) =>
      (input: Input) => {
        calls.push(name);
        return activity(input);
      };
    const told: string[] = [];
    const script: Partial<Script> = {
      deliverEvent: async ({ event }) => (told.push(event.event) ? 'delivered' : 'gone'),
      sampleSeeds: counted('sampleSeeds', scripted.sampleSeeds),
      dedupeRows: counted('dedupeRows', scripted.dedupeRows),
      tokenizeRows: counted('tokenizeRows', scripted.tokenizeRows),
      planTraining: counted('planTraining', scripted.planTraining),
      writeRelease: counted('writeRelease', scripted.writeRelease),
    };
    await harness.withWorker(script, async (start) => {
      const notify = [{ url: 'https://a.example.com/' }];
      const handle = await start('alpaca', { budgetUsd: 5, generate: { target: 60 }, notify });
      const result = (await handle.result()) as AlpacaResult;
      assert.equal(result.rows, 60);
      // The generate child reads the seed tasks too.
      const steps = ['sampleSeeds', 'sampleSeeds', 'dedupeRows', 'tokenizeRows', 'planTraining'];
      assert.deepEqual(calls, [...steps, 'writeRelease']);
      const { state, accepted, budgetUsd, loss } = progress.parse(await handle.query(progressQuery));
      assert.deepEqual([state, accepted, budgetUsd, loss.after], ['done', 60, 5, 3]);
      // Each stage once, and the end: from whichever of the runs that went on.
      await eventually(
        async () => told.sort().join(' '),
        (events) => events === `done${' stage'.repeat(7)}`,
      );
      const query = `WorkflowId = "${handle.workflowId}" AND ExecutionStatus = "ContinuedAsNew"`;
      const { count } = await harness.environment.client.workflow.count(query);
      assert.ok(count >= 2, `${count} continuations`);
    });
  });

  it('keeps who changed it', async () => {
    await harness.withWorker({}, async (start) => {
      const { client } = harness.environment;
      const { workflowId } = await start('alpaca', { generate: { target: 60 } }, { update: 'pause' });
      const ada = visitorClients(client).of({ id: 'a', name: 'Ada', role: 'run', usdPerDay: 0 });
      const run = ada.getHandle(workflowId);
      const { runId } = await run.describe();
      await run.executeUpdate('resume');
      await run.result();
      const { memo, runId: last } = await run.describe();
      assert.notEqual(last, runId);
      assert.deepEqual(
        updatesSaid.parse(memo?.updatedBy).map(({ what, by }) => `${what} by ${by}`),
        ['resume by Ada'],
      );
    });
  });
});

/** The innermost message of a failed workflow: what a user reads. */
async function messageOf(result: Promise<unknown>): Promise<string> {
  try {
    await result;
  } catch (error) {
    let innermost = error as Error;
    while (innermost.cause instanceof Error) innermost = innermost.cause;
    return innermost.message;
  }
  return assert.fail('the workflow completed');
}

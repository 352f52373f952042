import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { type GenerateResult, promptsOf } from '../../../workflows/contracts/generate.ts';
import type { AcceptRoundResult } from '../../../workflows/contracts/generate-activities.ts';
import type { SelfInstructStage } from '../../../workflows/contracts/run/stages.ts';
import { within } from '../../../workflows/decisions/forecast/forecasting.ts';
import { progressQuery } from '../../../workflows/messages.ts';
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

type Activities = typeof scripted;

/** Ten instructions a request; then five tasks a request, each with one row. */
function inStages(estimate = freeEstimate): Partial<Activities> & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    estimateGeneration: async ({ settings: { tasks } }) =>
      tasks === null ? estimate : { ...estimate, acceptedPerRequest: 5 },
    answerRequest: async ({ settings, request }) => {
      asked.push(`${settings.stage} ${request}`);
      return answered(request, estimate.free ? 0 : 0.5);
    },
    acceptRound: async (input) => {
      const { settings, firstRequest, requests } = input;
      if (settings.tasks === null) return acceptTen(input);
      const last = Math.ceil(settings.tasks.rows / 5);
      const end = Math.min(last, firstRequest + requests);
      const accepted = Math.min(settings.tasks.rows, end * 5);
      const used = Array.from({ length: end - firstRequest }, (_, index) =>
        promptsOf(firstRequest + index, settings),
      ).reduce((sum, prompts) => sum + prompts, 0);
      return {
        ...(await acceptTen({ ...input, requests: 0 })),
        ...{
          pool: reference('pool', accepted, settings.stage ?? ''),
          accepted,
          requestsUsed: end - firstRequest,
        },
        outcome: end === last ? 'target' : 'continue',
        yield: { asked: used, parsed: used, malformed: 0, filtered: {}, similar: 0, accepted: used },
      } satisfies AcceptRoundResult;
    },
    gatherAccepted: async ({ pool, selfInstruct }) => {
      const file = reference('self-instruct', 1);
      const files = { instructions: file, classification: file, instances: file, finetuning: file };
      return {
        data: reference('dataset', pool.rows, pool.sha256),
        yieldByRequest: reference('yield', 1),
        files: selfInstruct && files,
      };
    },
  };
}

const SELF_INSTRUCT = { method: 'self-instruct', target: 30, concurrency: 1, roundSize: 2 };

describe('Self-Instruct as a workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('asks a prompt for each instruction, and then for each classified one', async () => {
    const script = inStages();
    await harness.withWorker(script, async (start) => {
      const result = (await (await start('generate', SELF_INSTRUCT)).result()) as GenerateResult;
      const of = (stage: string, count: number) =>
        Array.from({ length: count }, (_, index) => `${stage} ${index}`);
      assert.deepEqual(script.asked, [
        ...[...of('instructions', 3), ...of('classification', 6), ...of('instances', 6)],
      ]);
      assert.deepEqual([result.requests, result.prompts, result.data.rows], [15, 75, 30]);
      assert.deepEqual(
        result.selfInstruct?.stages.map(({ stage, requests, data }) => [stage, requests, data.rows]),
        [
          ['instructions', 3, 30],
          ['classification', 6, 30],
        ],
      );
    });
  });

  it('asks no further ahead than its prompts see, and gives each asking the pool that it sees', async () => {
    const script = inStages();
    const rounds: number[] = [];
    const seen: [number, number][] = [];
    await harness.withWorker(
      {
        ...script,
        answerRequest: async ({ settings, request, pool }) => {
          if (settings.stage === 'instructions') seen.push([request, pool?.rows ?? 0]);
          else assert.equal(pool, undefined);
          return answered(request);
        },
        acceptRound: async (input) => {
          if (input.settings.stage === 'instructions') rounds.push(input.requests);
          return script.acceptRound?.(input) ?? assert.fail();
        },
      },
      async (start) => {
        const input = { ...SELF_INSTRUCT, target: 100, concurrency: 16, roundSize: 8, seesAfter: 2 };
        await (await start('generate', input)).result();
      },
    );
    assert.ok(
      rounds.every((requests) => requests <= 3),
      String(rounds),
    );
    // Ten rows a request: what a request may see is in its pool.
    for (const [request, rows] of seen) assert.ok(rows >= 10 * (request - 2), `${request} of ${rows}`);
  });

  /** The result of one that is told to stop early while a request of a stage is in flight. */
  async function stoppedAt(
    stage: SelfInstructStage,
    request: number,
    input: Record<string, unknown> = {},
  ): Promise<GenerateResult> {
    const script = inStages();
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const answerRequest: Activities['answerRequest'] = async (asked) => {
      if (asked.settings.stage === stage && asked.request === request) {
        begun.resolve();
        await held.promise;
      }
      return script.answerRequest?.(asked) ?? assert.fail();
    };
    const results: GenerateResult[] = [];
    await harness.withWorker({ ...script, answerRequest }, async (start) => {
      const handle = await start('generate', { ...SELF_INSTRUCT, ...input });
      await begun.promise;
      await handle.executeUpdate('stopEarly');
      held.resolve();
      results.push((await handle.result()) as GenerateResult);
    });
    return results[0] ?? assert.fail();
  }

  it('works on what is accepted where it is told to stop early in its first stage', async () => {
    const { stopReason, data, selfInstruct } = await stoppedAt('instructions', 4, { target: 1000 });
    assert.deepEqual(
      [stopReason, data.rows, selfInstruct?.stages[0]?.stopReason],
      ['stopped-early', 50, 'stopped-early'],
    );
  });

  it('ends with the rows so far where it is told to stop early in its last stage', async () => {
    const { stopReason, data } = await stoppedAt('instances', 2);
    assert.deepEqual([stopReason, data.rows], ['stopped-early', 15]);
  });

  for (const [stage, budgetUsd, paid] of [
    ['instructions', 1.6, 2],
    ['classification', 3.6, 6],
    ['instances', 6.1, 11],
  ] as const)
    it(`waits for money in the stage of the ${stage}, and never passes its cap`, async () => {
      const script = inStages(paidEstimate);
      const answerRequest = paying(script.answerRequest ?? assert.fail());
      await harness.withWorker({ ...script, answerRequest }, async (start) => {
        const handle = await start('generate', { ...SELF_INSTRUCT, budgetUsd });
        const { costUsd } = await eventually(
          () => handle.query(progressQuery),
          ({ pauseKind }) => pauseKind === 'budget',
        );
        assert.deepEqual(
          [script.asked.length, script.asked.at(-1)?.split(' ')[0], costUsd],
          [paid, stage, paid / 2],
        );
        await handle.executeUpdate('setBudget', { args: [100] });
        const result = (await handle.result()) as GenerateResult;
        assert.deepEqual([result.data.rows, result.costUsd, script.asked.length], [30, 7.5, 15]);
      });
    });

  it('pays for no more instructions than it can make rows of, and makes these where it is told to', async () => {
    // Ten instructions are two requests of 0.50 dollars in each of two stages.
    const each = {
      ...{ promptTokens: within(1, 2), completionTokens: within(1, 2) },
      costUsd: within(0.5, 2),
    };
    const request = { ...each, seconds: within(1, 2) };
    const script = inStages(paidEstimate);
    const estimateGeneration: Activities['estimateGeneration'] = async (input) => {
      const later = ['instances', 'classification', 'instructions'].indexOf(input.settings.stage ?? '');
      const estimate = (await script.estimateGeneration?.(input)) ?? assert.fail();
      const stages = { promptsPerRequest: 5, now: request, later: Array(later).fill(request) };
      const laterWorstCaseUsd = later === 0 ? 0 : 1;
      return { ...estimate, outlook: { ...estimate.outlook, stages: { ...stages, laterWorstCaseUsd } } };
    };
    const answerRequest = paying(script.answerRequest ?? assert.fail());
    await harness.withWorker({ ...script, answerRequest, estimateGeneration }, async (start) => {
      const handle = await start('generate', { ...SELF_INSTRUCT, target: 100, budgetUsd: 8.9 });
      const { costUsd, pauseReason } = await eventually(
        () => handle.query(progressQuery),
        ({ pauseKind }) => pauseKind === 'budget',
      );
      assert.equal(costUsd, 1);
      // For the two that are paid, the third that waits, and one more; and a last one's worst case.
      assert.match(pauseReason ?? '', /1\.00 USD is spent, 9\.00 USD is held back for the stages to come/);
      await handle.executeUpdate('stopEarly');
      const result = (await handle.result()) as GenerateResult;
      // Two requests of instructions, four and four for their twenty.
      assert.deepEqual([result.stopReason, result.data.rows, result.costUsd], ['stopped-early', 20, 5]);
    });
  });

  it('does again at once what a worker that stops hands back, in each stage', async () => {
    const script = inStages();
    const handedBack = new Set<string>();
    await harness.withWorker(
      {
        ...script,
        answerRequest: async (input) => {
          const stage = input.settings.stage ?? '';
          if (input.request === 1 && !handedBack.has(stage)) {
            handedBack.add(stage);
            throw ApplicationFailure.nonRetryable('The worker stops.', 'WorkerStopping');
          }
          return script.answerRequest?.(input) ?? assert.fail();
        },
      },
      async (start) => {
        const result = (await (await start('generate', SELF_INSTRUCT)).result()) as GenerateResult;
        assert.deepEqual([result.data.rows, handedBack.size], [30, 3]);
      },
    );
  });
});

describe('Self-Instruct with a short history', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=100']);
  });
  after(() => harness.close());

  it('continues as new within a stage and between them: nothing is asked twice, and every figure is carried', async () => {
    const script = inStages();
    await harness.withWorker(script, async (start) => {
      const handle = await start('generate', { ...SELF_INSTRUCT, target: 100, concurrency: 2 });
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.requests, result.data.rows, script.asked.length], [50, 100, 50]);
      assert.equal(new Set(script.asked).size, 50);
      const first = (await handle.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes;
      assert.ok(first?.continuedExecutionRunId, 'it never continued as new');
    });
  });
});

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { FilterResult } from '../../../workflows/contracts/filter.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { progress } from '../../../workflows/contracts/progress.ts';
import { progressQuery, setBudgetUpdate } from '../../../workflows/messages.ts';
import { eventually, type Harness } from '../harness.ts';
import { reference, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('a run with a filter', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('filters after dedupe where that is asked for, and gives what is left to all that comes later', async () => {
    const [kept, similar, dropped] = [
      reference('dataset', 17, 'filtered'),
      reference('similarity', 17, 'filtered'),
      reference('dropped', 3),
    ];
    const takers: Record<string, unknown> = {};
    await harness.withWorker(
      {
        filterRows: async ({ data, language }) => {
          takers.filter = [data, language];
          return {
            data: kept,
            similarity: similar,
            against: [],
            dropped,
            droppedBy: { echo: 3 },
            grades: null,
          };
        },
        tokenizeRows: async (input) => {
          takers.tokenize = input.data;
          return scripted.tokenizeRows(input);
        },
        answerInstructions: async (input) => {
          takers.evaluate = input.evaluation.trainingRows;
          return scripted.answerInstructions(input);
        },
        writeRelease: async (input) => {
          takers.release = [input.data, input.similarity, input.run?.filter?.dropped];
          return scripted.writeRelease(input);
        },
      },
      async (start) => {
        const handle = await start('alpaca', { generate: { target: 20 }, filter: {} });
        const result = (await handle.result()) as AlpacaResult;
        assert.deepEqual([result.rows, result.filter?.droppedBy], [17, { echo: 3 }]);
        assert.deepEqual(takers, {
          ...{ filter: [result.dedupe.data, 'en'], tokenize: kept, evaluate: kept },
          release: [kept, similar, dropped],
        });
        const { stages } = progress.parse(await handle.query(progressQuery));
        const filter = stages.find(({ name }) => name === 'filter');
        assert.deepEqual(
          [stages.indexOf(filter ?? assert.fail()), filter?.note],
          [3, '17 kept; 3 dropped: 3 echo'],
        );
      },
    );
  });

  it('tells filter and evaluation of all of its languages', async () => {
    const languages = { en: 0.75, ko: 0.25 };
    const told: Record<string, unknown> = {};
    await harness.withWorker(
      {
        filterRows: async (input) => {
          told.filter = input.languages;
          return scripted.filterRows(input);
        },
        answerInstructions: async (input) => {
          told.evaluate = input.evaluation.languages;
          return scripted.answerInstructions(input);
        },
      },
      async (start) => {
        await (await start('alpaca', { languages, generate: { target: 20 }, filter: {} })).result();
        assert.deepEqual(told, { filter: languages, evaluate: languages });
      },
    );
  });

  it('has what the rules kept graded within what is left of the budget, and waits where that is too little', async () => {
    const [kept, graded] = [reference('dataset', 18, 'kept'), reference('dataset', 15, 'graded')];
    const filtered: FilterResult = {
      ...{ data: kept, similarity: null, against: [], dropped: reference('dropped', 2) },
      ...{ droppedBy: { echo: 2 }, grades: null },
    };
    const asked: unknown[] = [];
    let looked = 0;
    await harness.withWorker(
      {
        filterRows: async () => {
          looked += 1;
          return filtered;
        },
        gradeRows: async ({ filter, filtered: given, payer }) => {
          asked.push([filter.budgetUsd, given.data, payer !== undefined]);
          if ((filter.budgetUsd ?? 0) < 2)
            throw ApplicationFailure.nonRetryable('Grades cannot go on.', 'BudgetReached');
          return {
            ...{ ...given, data: graded, dropped: reference('dropped', 5), droppedBy: { echo: 2, grade: 3 } },
            grades: {
              ...{ judge: 'offline', least: 3, byGrade: [1, 2, 0, 5, 10], ungraded: 0 },
              ...{
                rows: reference('graded', 18),
                rubric: reference('rubric'),
                agreement: null,
                classes: null,
                costUsd: 1.5,
              },
            },
          };
        },
      },
      async (start) => {
        const grade = { judge: 'offline' };
        const handle = await start('alpaca', {
          ...{ generate: { target: 20 }, filter: { grade }, budgetUsd: 1 },
        });
        const asItIs = async () => progress.parse(await handle.query(progressQuery));
        const { pauseKind, pauseReason } = await eventually(asItIs, ({ state }) => state === 'paused');
        assert.deepEqual([pauseKind, pauseReason], ['budget', 'Grades cannot go on.']);
        await handle.executeUpdate(setBudgetUpdate, { args: [20] });
        const result = (await handle.result()) as AlpacaResult;
        assert.deepEqual(asked, [
          [1, kept, true],
          [20, kept, true],
        ]);
        assert.deepEqual([looked, result.rows, result.costUsd], [1, 15, 1.5]);
        const { stages } = await asItIs();
        const note = '15 kept; 5 dropped: 2 echo, 3 grade';
        assert.equal(stages.find(({ name }) => name === 'filter')?.note, note);
      },
    );
  });

  it('says which rules dropped how many, and what to set, where no row is left', async () => {
    const nothing = {
      ...{ data: reference('dataset', 0), similarity: null, against: [], grades: null },
      ...{ dropped: reference('dropped', 20), droppedBy: { refusal: 19, echo: 1 } },
    };
    await harness.withWorker({ filterRows: async () => nothing }, async (start) => {
      const handle = await start('alpaca', { generate: { target: 20 }, filter: {} });
      await assert.rejects(handle.result(), ({ cause }) => {
        assert.match(
          String(cause?.message),
          /^The filter left no row: 20 dropped: 19 refusal, 1 echo; each with its reason in artifact:.* out of filter\.rules, /,
        );
        return true;
      });
    });
  });

  it('does nothing of it where it is not asked for', async () => {
    const filterRows = async () => assert.fail('rows were filtered');
    await harness.withWorker({ filterRows }, async (start) => {
      const result = (await (await start('alpaca', { generate: { target: 20 } })).result()) as AlpacaResult;
      assert.deepEqual([result.rows, result.filter], [20, null]);
    });
  });
});

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type BesideFigures, runBeside } from './beside-hostile.ts';
import type { Attack } from './hostile-inputs.ts';

/** Some two minutes: the teacher takes a third of a second for an answer. */
const INPUT = { generate: { target: 1500, concurrency: 2 }, train: { epochs: 2 } };

describe('an honest run of two minutes', () => {
  let alone: BesideFigures;
  before(async () => {
    alone = await runBeside(null, INPUT);
  });

  for (const attack of ['teacher', 'model', 'file'] as const satisfies Attack[]) {
    it(`beside a hostile ${attack} gives the same data and model in 1.1 times the time`, async () => {
      const beside = await runBeside(attack, INPUT);
      console.error(JSON.stringify({ attack, alone, beside }));
      const { data, model } = alone;
      assert.deepEqual(
        { data: beside.data, model: beside.model, failed: beside.failedWorkflowTasks },
        { data, model, failed: 0 },
      );
      assert.ok(beside.seconds <= 1.1 * alone.seconds, `${beside.seconds} to ${alone.seconds} s`);
    });
  }
});

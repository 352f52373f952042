import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planBatches, rowsOf } from '../../../../activities/train/plan/plan.ts';
import type { RoundSettings } from '../../../../workflows/contracts/rounds.ts';
import { roundSettingsOf } from '../../../../workflows/contracts/train-activities.ts';
import { RoundTally, roundsAfter, roundsProblem, shardsOf } from '../../../../workflows/decisions/rounds.ts';
import fc from '../../../property.ts';
import { settings } from '../../activities/train/training-settings.ts';

const ranges = (round: Parameters<typeof shardsOf>[0]) =>
  shardsOf(round).map(({ fromStep, toStep }) => [fromStep, toStep]);

describe('the rounds of a training', () => {
  it('are these for 3 workers of 4 steps, and 30 steps', () => {
    const rounds = [...roundsAfter(0, 30, { workers: 3, roundSteps: 4 })];
    assert.deepEqual(rounds, [
      { fromStep: 0, toStep: 12, shards: 3 },
      { fromStep: 12, toStep: 24, shards: 3 },
      { fromStep: 24, toStep: 30, shards: 3 },
    ]);
    assert.deepEqual(rounds.map(ranges), [
      [
        [0, 4],
        [4, 8],
        [8, 12],
      ],
      [
        [12, 16],
        [16, 20],
        [20, 24],
      ],
      [
        [24, 26],
        [26, 28],
        [28, 30],
      ],
    ]);
  });

  it('give the first shards of a last round that does not divide a step more', () => {
    const [round] = roundsAfter(0, 8, { workers: 3, roundSteps: 50 });
    assert.deepEqual(round && ranges(round), [
      [0, 3],
      [3, 6],
      [6, 8],
    ]);
  });

  it('have nothing for some workers where fewer steps are left than workers', () => {
    const [, last] = roundsAfter(0, 10, { workers: 4, roundSteps: 2 });
    assert.deepEqual(last, { fromStep: 8, toStep: 10, shards: 2 });
    assert.deepEqual(last && ranges(last), [
      [8, 9],
      [9, 10],
    ]);
  });

  it('begin where a training goes on, and are none where it is over', () => {
    assert.deepEqual(
      [...roundsAfter(7, 12, { workers: 2, roundSteps: 2 })],
      [
        { fromStep: 7, toStep: 11, shards: 2 },
        { fromStep: 11, toStep: 12, shards: 1 },
      ],
    );
    assert.deepEqual([...roundsAfter(12, 12, { workers: 2, roundSteps: 2 })], []);
  });

  it('show every example exactly once an epoch, whatever the workers and the steps of a round', () => {
    const options = fc.record({
      rows: fc.integer({ min: 1, max: 60 }),
      epochs: fc.integer({ min: 1, max: 3 }),
      globalBatch: fc.integer({ min: 1, max: 9 }),
      workers: fc.integer({ min: 2, max: 64 }),
      roundSteps: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(options, ({ rows, epochs, globalBatch, workers, roundSteps }) => {
        const lengths = Array(rows).fill(8);
        const plan = planBatches({
          ...{ seed: 1, lengths, epochs, globalBatch },
          ...{ microBatch: globalBatch, shardsPerEpoch: 1 },
        });
        const seen = new Map<string, number>();
        const count = (example: string) => seen.set(example, (seen.get(example) ?? 0) + 1);
        for (const round of roundsAfter(0, plan.totalSteps, { workers, roundSteps })) {
          const shards = shardsOf(round);
          assert.ok(shards.length <= workers && shards.length === round.shards);
          for (const { fromStep, toStep } of shards) {
            assert.ok(toStep > fromStep && toStep - fromStep <= roundSteps);
            for (let step = fromStep; step < toStep; step += 1) {
              const epoch = Math.floor(step / plan.stepsPerEpoch);
              for (const row of (plan.steps[step] ?? []).flat().flatMap(rowsOf)) count(`${epoch}/${row}`);
            }
          }
        }
        assert.equal(seen.size, epochs * rows);
        assert.ok([...seen.values()].every((times) => times === 1));
      }),
    );
  });
});

describe('the tally of a round', () => {
  const round = { fromStep: 10, toStep: 20, shards: 2 };

  it('adds up what each shard has made, in whatever order they tell', () => {
    const tally = new RoundTally(round);
    assert.equal(tally.after(17), 12, 'the second shard, from 15, has made 2');
    assert.equal(tally.after(11), 13);
    assert.equal(tally.after(15), 17, 'the first shard is done');
    assert.equal(tally.after(20), 20);
  });

  it('takes nothing from what is late, or of another round', () => {
    const tally = new RoundTally(round);
    tally.after(14);
    assert.deepEqual(
      [12, 14, 10, 21].map((step) => tally.after(step)),
      [null, null, null, null],
    );
  });
});

describe('the settings of rounds', () => {
  const rounds: RoundSettings = {
    workers: 2,
    roundSteps: 50,
    outer: 'average',
    outerLearningRate: 0.7,
    outerMomentum: 0.9,
    roundUpdate: 'int8',
    roundMoments: 'drop',
    roundWeights: 'targets',
    quorum: null,
    graceSeconds: 60,
    lateShards: 'next-round',
  };

  it('are none where one worker trains', () => {
    assert.equal(roundSettingsOf({ ...settings, ...rounds, workers: 1 }), null);
  });

  it('stay where several do', () => {
    assert.deepEqual(roundSettingsOf({ ...settings, ...rounds }), rounds);
  });

  it('are refused where workers would never have a shard, or a quorum could never be', () => {
    assert.equal(
      roundsProblem({ ...rounds, workers: 8 }, 5),
      'workers is 8, and the training has 5 optimizer steps: 3 workers would never have a shard. Set it to 5 or less, or train on more rows, in a smaller globalBatch or for more epochs.',
    );
    assert.equal(roundsProblem({ ...rounds, workers: 5 }, 5), null);
    assert.equal(
      roundsProblem({ ...rounds, quorum: 3 }, 5),
      'quorum is 3, and there are 2 workers. Set it to 2 or less, or to null for all.',
    );
    assert.equal(roundsProblem({ ...rounds, quorum: 2 }, 5), null);
  });

  it('are refused where a momentum has too few rounds to come to rest, with how many steps would do', () => {
    const nesterov = { ...rounds, outer: 'nesterov', roundSteps: 10 } as const;
    // Momentum 0.9 wants 20 rounds: 400 steps of two workers.
    assert.equal(roundsProblem(nesterov, 400), null);
    assert.equal(
      roundsProblem(nesterov, 300),
      'outerMomentum is 0.9, which takes 20 rounds to come to rest, and the training has 15: it would end beyond where its shards have pointed. Set roundSteps to 7 or less, lower outerMomentum, or set outer to average.',
    );
    assert.match(roundsProblem(nesterov, 30) ?? '', /\. Train for more steps, lower outerMomentum, or/);
    assert.equal(roundsProblem({ ...nesterov, outerMomentum: 0.5 }, 80), null);
    assert.equal(roundsProblem({ ...nesterov, outer: 'average' }, 30), null);
  });
});

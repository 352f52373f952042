import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noteOf } from '../../../../../activities/train/process/recorder.ts';
import { differenceWhenRepeated } from '../../../../../activities/train/process/repeatability.ts';

describe('a device that is asked for the same gradients twice', () => {
  /** Gives one after the other. */
  const answers = (...values: number[][]) => {
    const left = values.map((gradient) => new Map([['weight', Float32Array.from(gradient)]]));
    return () => left.shift() ?? assert.fail('asked too often');
  };

  it('repeats itself where every bit is the same', () => {
    assert.equal(differenceWhenRepeated(answers([1, -2, 0.5], [1, -2, 0.5])), 0);
    assert.equal(differenceWhenRepeated(answers([], [])), 0);
    assert.equal(differenceWhenRepeated(answers([Number.NaN], [Number.NaN])), 0);
  });

  it('differs by the largest difference as a share of its tensor’s largest magnitude', () => {
    assert.equal(differenceWhenRepeated(answers([1, -2, 0.5], [1, -2, 0.25])), 0.125);
    const once = new Map([
      ['small', Float32Array.of(0.5, 0.25)],
      ['large', Float32Array.of(100, 50)],
    ]);
    const again = new Map([...once, ['small', Float32Array.of(0.5, 0.125)] as const]);
    const both = [once, again];
    assert.equal(
      differenceWhenRepeated(() => both.shift() ?? once),
      0.25,
    );
  });

  it('has to give the same tensors', () => {
    assert.throws(() => differenceWhenRepeated(answers([1, 2], [1])), /other gradients/);
  });
});

describe('what is said of an attempt from its start', () => {
  const plain = { elsewhere: null, unrepeatable: 0, changed: [] };

  it('is nothing where it goes on as if it had never stopped', () => {
    assert.equal(noteOf(plain), '');
  });

  it('is by how much the device differs from itself', () => {
    assert.equal(
      noteOf({ ...plain, unrepeatable: 3.1e-7 }),
      ', this device does not repeat itself (the same gradients differ by up to 3.1e-7 of the largest), so a resumed run is close to one that never stopped and not identical',
    );
  });

  it('is where the checkpoint was made, and what has changed since', () => {
    assert.equal(
      noteOf({ ...plain, elsewhere: 'device was cpu and is gpu', changed: ['plan', 'data'] }),
      ', gone on from a checkpoint of another machine (device was cpu and is gpu), gone on although changed: plan; data',
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { Start } from '../../../../../workflows/contracts/run/start.ts';
import { readLeniently } from '../../../../../workflows/decisions/start/read-leniently.ts';
import { resolveStart } from '../../../../../workflows/decisions/start/resolve-start.ts';
import { STARTS } from '../../../../../workflows/decisions/start/starts.ts';
import * as registered from '../../../../../workflows/index.ts';
import fc from '../../../../property.ts';

const starts = {
  step: {
    input: z.strictObject({ size: z.int().min(1).default(8), name: z.string().default('a') }),
    handedOver: z.strictObject({ version: z.int(), added: z.int().default(3) }),
  },
};

function start(given: Partial<Start>): Start {
  return { workflow: 'step', input: {}, second: null, mayBeHandedOver: false, ...given };
}

const resolve = (given: Partial<Start>) => resolveStart(start(given), starts);

describe('what a person starts a workflow with', () => {
  it('has its defaults filled in, and nothing is nothing', () => {
    const resolved = {
      problems: null,
      input: { size: 8, name: 'a' },
      handedOver: null,
      ignored: false,
    };
    assert.deepEqual(resolve({ input: {} }), resolved);
    assert.deepEqual(resolve({ input: null }), resolved);
  });

  it('is refused where a field is unknown or wrong', () => {
    assert.deepEqual(resolve({ input: { sizes: 4, name: 5 } }), {
      problems: ['name is 5: expected a text', 'the input has no field "sizes"'],
    });
  });

  it('has no second argument, of whatever shape: it is ignored, and the input read as strictly', () => {
    for (const second of ['x', 5, [], {}, { version: 1 }, { handedOver: { version: 1 } }]) {
      assert.deepEqual(resolve({ second }), {
        problems: null,
        input: { size: 8, name: 'a' },
        handedOver: null,
        ignored: true,
      });
      assert.deepEqual(resolve({ second, input: { sizes: 4 } }), {
        problems: ['the input has no field "sizes"'],
      });
    }
  });
});

describe('what a parent or an earlier run hands over', () => {
  it('is read leniently: unknown fields are left out, missing ones have today’s defaults', () => {
    const second = { handedOver: { version: 2, removed: [1] } };
    assert.deepEqual(resolve({ mayBeHandedOver: true, second, input: { size: 4, sizes: 5 } }), {
      problems: null,
      input: { size: 4, name: 'a' },
      handedOver: { version: 2, added: 3 },
      ignored: false,
    });
  });

  it('that is not in our envelope is a person’s, who has a workflow or a schedule of their own', () => {
    for (const second of ['x', {}, { version: 2 }]) {
      assert.deepEqual(resolve({ mayBeHandedOver: true, second }), {
        problems: null,
        input: { size: 8, name: 'a' },
        handedOver: null,
        ignored: true,
      });
    }
  });

  it('and cannot be read ends the run: going on without its books could pay beyond the budget', () => {
    assert.deepEqual(resolve({ mayBeHandedOver: true, second: { handedOver: { version: 'two' } } }), {
      problems: ['version is "two": expected a number'],
    });
  });
});

describe('reading leniently', () => {
  const schema = z.strictObject({
    source: z.union([z.string(), z.strictObject({ teacher: z.string() })]),
    parts: z.array(z.strictObject({ at: z.int() })),
  });

  it('leaves out unknown fields wherever they are', () => {
    const read = readLeniently(schema, {
      source: { teacher: 'a', model: 'b' },
      parts: [{ at: 1 }, { at: 2, of: 3 }],
      more: {},
    });
    assert.deepEqual(read.data, { source: { teacher: 'a' }, parts: [{ at: 1 }, { at: 2 }] });
  });

  it('takes nothing that is wrong beside them', () => {
    assert.equal(readLeniently(schema, { source: 5, parts: [], more: 1 }).success, false);
    assert.equal(readLeniently(schema, { source: { model: 'b' }, parts: [] }).success, false);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(STARTS)), fc.jsonValue(), ({ input, handedOver }, raw) => {
        readLeniently<z.ZodType>(input, raw);
        readLeniently<z.ZodType>(handedOver, raw);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the table of starts', () => {
  it('has each workflow that a worker registers', () => {
    assert.deepEqual([...Object.keys(STARTS), 'default'].sort(), Object.keys(registered).sort());
  });
});

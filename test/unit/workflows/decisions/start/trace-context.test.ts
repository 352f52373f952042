import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  carrierOf,
  readTraceParent,
  rootOfRun,
  spanOfRun,
} from '../../../../../workflows/decisions/start/trace-context.ts';

const RUN = '019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071';
const GIVEN = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

describe('the trace of a run', () => {
  it('is the one that it was started in, with a span that is named after the run', () => {
    const parent = readTraceParent(GIVEN);
    assert.deepEqual(parent, {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      flags: '01',
    });
    assert.ok(parent);
    assert.deepEqual(carrierOf(spanOfRun(RUN, parent)), {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-8a1b2c3d4e5f6071-01',
    });
  });

  it('is one of its own where it was started in none', () => {
    assert.deepEqual(carrierOf(rootOfRun(RUN)), {
      traceparent: '00-019a2b3c4d5e7f608a1b2c3d4e5f6071-8a1b2c3d4e5f6071-01',
    });
  });

  it('is not read from what is none', () => {
    for (const value of [null, 'x', {}, { traceparent: 7 }, { traceparent: `${GIVEN.traceparent}-x` }])
      assert.equal(readTraceParent(value), null);
  });
});

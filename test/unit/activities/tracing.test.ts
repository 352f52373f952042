import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { belowCaller, traced, traceHeaders } from '../../../activities/tracing.ts';

describe('work that nobody traces', () => {
  it('is called as it is, and tells other programs nothing', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = await belowCaller({ traceparent }, () => traced('work', {}, async () => traceHeaders()));
    assert.deepEqual(headers, {});
  });

  it('fails with what it failed with', async () => {
    const failure = new Error('no room');
    await assert.rejects(
      traced('work', {}, () => Promise.reject(failure)),
      (error) => error === failure,
    );
  });
});

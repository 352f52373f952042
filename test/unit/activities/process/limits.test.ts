import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { ChildProcess, limitedPriority } from '../../../../activities/process/child-process.ts';

type Greed = 'time' | 'memory' | 'memory of a thread';

describe('a child process with limits', () => {
  const entry = new URL('./greedy-child.ts', import.meta.url);
  const limits = {
    heapMegabytes: 64,
    exceeded: (how: string) => new AlpacaError('InvalidInput', `The model ${how}.`),
  };
  const asked = async (what: Greed, silenceMs: number) => {
    const child = new ChildProcess<Greed, string>(entry, unwatched, async () => {}, { limits });
    return child.ask(what, silenceMs).finally(() => child.close());
  };

  it('has less priority than its worker, and never more, which only root may give', () => {
    assert.deepEqual(
      [-5, 0, 10, 12, 19].map((own) => limitedPriority(own)),
      [10, 10, 10, 12, 19],
    );
  });

  it('is ended once it has taken the time that it has, for good', { timeout: 60_000 }, async () => {
    await assert.rejects(asked('time', 2000), {
      code: 'InvalidInput',
      message: 'The model took longer than 2 seconds.',
    });
  });

  it('is ended once it has taken the memory that it has, for good', { timeout: 120_000 }, async () => {
    for (const what of ['memory', 'memory of a thread'] as const)
      await assert.rejects(asked(what, 60_000), {
        code: 'InvalidInput',
        message: 'The model took more than 64 megabytes of memory.',
      });
  });
});

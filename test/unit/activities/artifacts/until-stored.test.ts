import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { untilStored } from '../../../../activities/artifacts/until-stored.ts';
import { AlpacaError } from '../../../../activities/errors.ts';

const missing = await readFile('/there/is/no/such/file').catch((error: unknown) => error);

describe('an answer that is paid for', () => {
  for (const [what, error] of [
    ['is full', new AlpacaError('StorageFull', 'full')],
    ['is away', new AlpacaError('StoreAway', 'away')],
    ['lets nobody write', new AlpacaError('Permission', 'no permission')],
    ['is where no folder can be', new AlpacaError('Configuration', 'beneath a file')],
    ['fails in words of the system alone', missing],
  ] as const)
    it(`is written once the store takes it, where that ${what}`, async () => {
      let tries = 0;
      const write = async () => {
        tries += 1;
        if (tries < 4) throw error;
        return 'kept';
      };
      assert.equal(await untilStored(write, 1), 'kept');
      assert.equal(tries, 4);
    });

  it('waits for no defect of ours', async () => {
    const defect = new TypeError('not a function');
    await assert.rejects(
      untilStored(() => Promise.reject(defect), 1),
      defect,
    );
  });
});

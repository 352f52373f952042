import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../../../bench/generate/audit.ts';

const [FIRST, SECOND] = ['a'.repeat(64), 'b'.repeat(64)];
const asking = (key: string) => ({ arrived: 0, key, answer: 0, inFlight: 1 });

describe('the audit of a ledger against the endpoint’s log', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-audit-'));
    const ledger = join(folder, 'store', 'entries', 'ledger', 'default', 'aa');
    await mkdir(ledger, { recursive: true });
    // The first was asked twice, of which one asking is in the counted gap; the second once.
    for (const name of [`${FIRST}.intent.0`, `${FIRST}.intent.1`, FIRST, `${SECOND}.intent.0`, SECOND])
      await writeFile(join(ledger, `${name}.json`), '{}');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('finds nothing where every asking has an intent', async () => {
    assert.deepEqual(await audit({ folder }, 'default', [FIRST, FIRST, SECOND].map(asking)), {
      kept: 2,
      paidAndLost: 1,
      paidTwiceUncounted: 0,
      intentsLeft: 1,
    });
  });

  it('names a key that was asked more often than its intents say', async () => {
    const { paidAndLost, paidTwiceUncounted } = await audit(
      { folder },
      'default',
      [FIRST, FIRST, SECOND, SECOND].map(asking),
    );
    assert.equal(paidAndLost, 2);
    assert.equal(paidTwiceUncounted, 1);
  });
});

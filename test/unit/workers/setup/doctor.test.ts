import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { doctorText, examine } from '../../../../workers/setup/doctor.mjs';

describe('alpaca doctor', () => {
  it('looks at everything that a first run needs, and says what to do where something does not fit', async () => {
    const findings = await examine();
    assert.deepEqual(
      findings.map(({ what }) => what),
      ['Node', 'compiler', 'Temporal CLI', 'npm', 'PyPI', 'disk', 'ports', 'GPU'],
    );
    for (const { fits, found, todo } of findings) {
      assert.notEqual(found, '');
      assert.equal(todo === undefined, fits, found);
    }
  });

  it('says what to do where nothing can bring the Temporal CLI', async (test) => {
    const { PATH, ALPACA_CACHE } = process.env;
    const empty = await mkdtemp(join(tmpdir(), 'alpaca-doctor-'));
    test.after(async () => {
      Object.assign(process.env, { PATH });
      if (ALPACA_CACHE === undefined) delete process.env.ALPACA_CACHE;
      else process.env.ALPACA_CACHE = ALPACA_CACHE;
      await rm(empty, { recursive: true });
    });
    Object.assign(process.env, { PATH: empty, ALPACA_CACHE: empty });
    const answer = { ok: false };
    const fetching = test.mock.method(globalThis, 'fetch', async () => answer);
    const temporal = async () => (await examine()).find(({ what }) => what === 'Temporal CLI');
    assert.deepEqual(await temporal(), {
      ...{ what: 'Temporal CLI', fits: false, found: 'none, and no download of it answers' },
      todo: 'Install it (https://docs.temporal.io/cli#install) or Go 1.24 or newer (https://go.dev/dl).',
    });
    answer.ok = true;
    assert.equal((await temporal())?.fits, true);
    assert.equal(fetching.mock.callCount(), 2);
  });

  it('has a line for each, by whether it fits', () => {
    const findings = [
      { what: 'Node', fits: true, found: 'v24.21.0' },
      { what: 'disk', fits: false, found: '1.0 GB free in /', todo: 'Free 3.0 GB.' },
    ];
    assert.equal(
      doctorText(findings),
      'fits  Node         v24.21.0\nMEND  disk         1.0 GB free in /. Free 3.0 GB.\n',
    );
  });
});

import assert from 'node:assert/strict';
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

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Types are stripped and nothing is rewritten: a Node reads the sources as they are. */
describe('the sources', () => {
  it('are in the syntax of Node 22, which has no `using`', async () => {
    const offending: string[] = [];
    for (const folder of ['workflows', 'activities', 'workers', 'test', 'bench']) {
      const names = await readdir(`${ROOT}${folder}`, { recursive: true });
      for (const name of names.filter((name) => /\.(ts|mjs)$/.test(name))) {
        const text = await readFile(`${ROOT}${folder}/${name}`, 'utf8');
        if (/^\s*(await )?using \w+ = /m.test(text)) offending.push(`${folder}/${name}`);
      }
    }
    assert.deepEqual(offending, []);
  });
});

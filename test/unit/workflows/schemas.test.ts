import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { CONTRACT_NAMES, jsonSchemaOf } from '../../../workflows/schemas.ts';

const FOLDER = new URL('../../../schemas/', import.meta.url);

describe('the JSON Schemas in schemas/', () => {
  it('are one for each contract', async () => {
    assert.deepEqual(
      (await readdir(FOLDER)).sort(),
      CONTRACT_NAMES.map((name) => `${name}.schema.json`).sort(),
    );
  });

  for (const name of CONTRACT_NAMES) {
    it(`${name} is what \`npm run schema\` writes today`, async () => {
      const shipped = JSON.parse(await readFile(new URL(`${name}.schema.json`, FOLDER), 'utf8'));
      assert.deepEqual(shipped, JSON.parse(JSON.stringify(jsonSchemaOf(name))));
    });
  }
});

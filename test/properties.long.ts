import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../workers/setup/run.mjs';

const seed = process.env.ALPACA_PROPERTY_SEED ?? String(randomInt(2 ** 31));

describe(`the tests of properties, with the seed ${seed}`, async () => {
  const cwd = fileURLToPath(new URL('.//', import.meta.url));
  for await (const file of glob('**/*.test.ts', { cwd })) {
    if (!readFileSync(`${cwd}${file}`, 'utf8').includes("/property.ts'")) continue;
    it(`${file} passes: else again with ALPACA_PROPERTY_SEED=${seed}`, () => {
      const env = { ...cleanEnvironment(process.env), ALPACA_PROPERTY_SEED: seed };
      const { status, stdout } = spawnSync(process.execPath, ['--test', file], {
        cwd,
        env,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout);
    });
  }
});

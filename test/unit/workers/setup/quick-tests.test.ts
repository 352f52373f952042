import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { quickTests } from '../../../../workers/setup/quick-tests.mjs';

describe('the quick tests', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-quick-'));
    const files = {
      'b/plain.test.ts': "import { sum } from './sum.ts';\n",
      'b/sum.ts': 'export const sum = 1;\n',
      'a/types.test.ts': "import type { Child } from './child.ts';\n",
      'a/starts.test.ts': "import { execFile } from 'node:child_process';\n",
      'a/reaches.test.ts': "import {\n  sum,\n  type Sum,\n} from './between.ts';\n",
      'a/between.ts': "export { sum } from './child.ts';\n",
      'a/child.ts': "import { spawn } from 'node:child_process';\n",
      'a/later.test.ts': "const { sum } = await import('./child.ts');\n",
      'a/tensors.test.ts': "import { loadTensorFlowJs } from './tensors.ts';\n",
      'a/tensors.ts': "createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');\n",
      'a/server.test.ts': "import { TestWorkflowEnvironment } from '@temporalio/testing';\n",
      'a/page.test.ts': "import { chromium } from 'playwright-core';\n",
      'a/kill.long.ts': "import { sum } from '../b/sum.ts';\n",
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('are those that reach no process, TensorFlow, Temporal or browser by what they import', () => {
    assert.deepEqual(quickTests(folder), [join(folder, 'a/types.test.ts'), join(folder, 'b/plain.test.ts')]);
  });

  it('are most of this project’s files, and none that starts the command', () => {
    const here = quickTests('test');
    assert.ok(here.length > 100, `${here.length} files`);
    assert.ok(here.some((path) => path.endsWith('parse.test.ts')));
    assert.ok(!here.some((path) => path.endsWith('command-line.test.ts')));
  });

  it('have no hook outside their suites that is for each test: it would be for each of other files too', () => {
    const outside = quickTests('test').filter((path) =>
      /^(before|after)Each\(/m.test(readFileSync(path, 'utf8')),
    );
    assert.deepEqual(outside, []);
  });
});

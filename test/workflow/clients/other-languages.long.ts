import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/client';
import { alpacaRun } from '../../../clients/typescript/index.ts';
import { execute, messageOf } from '../../../workers/setup/cache.mjs';
import { PYTHON } from '../../python.ts';
import { eventually, type Harness } from '../harness.ts';
import type { Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';
import { held } from './held.ts';

/** The examples in clients/ with the packages of their languages' registries, as their READMEs start them. */

interface Example {
  folder: string;
  /** brings what it needs; a test is left out where that cannot be had */
  bring: string[];
  /** checks and builds it */
  build: string[][];
  start: string[];
  env?: NodeJS.ProcessEnv;
}

let harness: Harness;
let target: string;
before(async () => {
  harness = await sharedHarness();
  target = await mkdtemp(join(tmpdir(), 'alpaca-clients-'));
});
after(() => rm(target, { recursive: true, force: true }));

const examples = (): Record<string, Example> => ({
  Python: {
    folder: 'clients/python',
    bring: [
      PYTHON,
      '-m',
      'pip',
      'install',
      '--quiet',
      '--target',
      target,
      '--requirement',
      'requirements.txt',
    ],
    build: [[PYTHON, '-W', 'error', '-B', '-c', 'import alpaca_contracts']],
    start: [PYTHON, '-B', 'example.py'],
    env: { PYTHONPATH: target },
  },
  Go: {
    folder: 'clients/go',
    bring: ['go', 'mod', 'download'],
    build: [
      ['go', 'vet', './...'],
      ['sh', '-c', 'test -z "$(gofmt -l .)"'],
      ['go', 'build', '-o', join(target, 'example'), '.'],
    ],
    start: [join(target, 'example')],
  },
});

for (const language of ['Python', 'Go'])
  describe(`the example in ${language}`, () => {
    let example: Example;
    let missing: string | null;
    const run = ([command = '', ...args]: string[], timeoutMs: number) =>
      execute(command, args, {
        cwd: fileURLToPath(new URL(`../../../${example.folder}`, import.meta.url)),
        timeoutMs,
        env: {
          ...process.env,
          ...example.env,
          TEMPORAL_ADDRESS: harness.environment.address,
          ALPACA_TASK_QUEUE: harness.taskQueue,
        },
      });
    before(async () => {
      const found = examples()[language];
      assert.ok(found);
      example = found;
      missing = await run(example.bring, 5 * 60_000).then(
        () => null,
        (error) => `its packages cannot be had: ${messageOf(error)}`,
      );
      if (missing === null) for (const command of example.build) await run(command, 5 * 60_000);
    });

    const started = async (script: Partial<Script>, id: string, meanwhile: () => Promise<void>) => {
      let said = '';
      await harness.withWorker(script, async () => {
        const running = run([...example.start, id], 60_000).catch(
          (error: Error) => `failed: ${error.message}`,
        );
        await meanwhile();
        said = await running;
      });
      return said;
    };

    it('starts a run, changes it, follows it and has its result', async (t) => {
      if (missing !== null) return t.skip(missing);
      const { sampleSeeds, release } = held();
      const id = `example-${language}`;
      const said = await started({ sampleSeeds }, id, async () => {
        const begun = alpacaRun(harness.environment.client, id);
        await eventually(
          () => begun.progress().catch(() => null),
          (progress) => progress?.target === 100,
        );
        setTimeout(release, 2500);
      });
      const lines = said.trim().split('\n');
      assert.deepEqual(lines.slice(0, 3), ['target 100', 'refused UpdateRefused', 'stage sample 0']);
      assert.match(lines.at(-1) ?? '', /^rows 100 loss 3(\.0)? artifact:\/\/model\//);
    });

    it('tells the code of a failure', async (t) => {
      if (missing !== null) return t.skip(missing);
      const { sampleSeeds, release } = held();
      const noSeeds: typeof scripted.sampleSeeds = async (input) => {
        await sampleSeeds(input);
        throw ApplicationFailure.nonRetryable('There is no file /a.', 'NotFound');
      };
      const id = `failing-${language}`;
      const said = await started({ sampleSeeds: noSeeds }, id, async () => {
        const begun = alpacaRun(harness.environment.client, id);
        await eventually(
          () => begun.progress().catch(() => null),
          (progress) => progress?.target === 100,
        );
        setTimeout(release, 500);
      });
      assert.match(said, /^failed: .*NotFound: .*There is no file \/a\. Once that is mended/s);
    });
  });

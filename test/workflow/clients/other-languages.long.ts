import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApplicationFailure } from '@temporalio/client';
import { PYTHON } from '../../python.ts';
import type { Harness } from '../harness.ts';
import { type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

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
    ],
    start: ['go', 'run', '.'],
  },
  Java: {
    folder: 'clients/java',
    bring: ['mvn', '--quiet', '--batch-mode', 'dependency:go-offline'],
    build: [
      [
        ...['mvn', '--quiet', '--batch-mode', 'compile', 'dependency:build-classpath'],
        '-Dmdep.outputFile=target/classpath',
      ],
    ],
    start: ['sh', '-c', 'exec java -cp "target/classes:$(cat target/classpath)" alpaca.Example "$0"'],
  },
});

for (const language of ['Python', 'Go', 'Java'])
  describe(`the example in ${language}`, () => {
    let example: Example;
    let missing: string | null;
    const options = () => ({
      cwd: fileURLToPath(new URL(`../../../${example.folder}`, import.meta.url)),
      timeout: 10 * 60_000,
      env: {
        ...process.env,
        ...example.env,
        TEMPORAL_ADDRESS: harness.environment.address,
        ALPACA_TASK_QUEUE: harness.taskQueue,
      },
    });
    const run = ([command = '', ...args]: string[]) => promisify(execFile)(command, args, options());
    before(async () => {
      const found = examples()[language];
      assert.ok(found);
      example = found;
      missing = await run(example.bring).then(
        () => null,
        (error: Error) => `its packages cannot be had: ${error.message}`,
      );
      if (missing === null) for (const command of example.build) await run(command);
    });

    /** What the example says of a run that is held until it follows it. */
    const said = async (id: string, sampleSeeds: Script['sampleSeeds']) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const script: Partial<Script> = {
        async sampleSeeds(input) {
          await promise;
          return sampleSeeds(input);
        },
      };
      const all = { code: 0, lines: [''], errors: '' };
      await harness.withWorker(script, async () => {
        const running = run([...example.start, id]);
        running.child.stdout?.on('data', (text: string) => text.includes('stage') && resolve());
        const { stdout, stderr } = await running.catch((error: typeof all & Awaited<typeof running>) => {
          all.code = error.code;
          return error;
        });
        Object.assign(all, { lines: stdout.trim().split('\n'), errors: stderr });
      });
      return all;
    };

    it('starts a run, changes it, follows it and has its result', async (t) => {
      if (missing !== null) return t.skip(missing);
      const { code, lines, errors } = await said(`example-${language}`, scripted.sampleSeeds);
      assert.equal(code, 0, errors);
      assert.deepEqual(lines.slice(0, 3), ['target 100', 'refused UpdateRefused', 'stage sample 0']);
      assert.match(lines.at(-1) ?? '', /^rows 100 loss 3(\.0)? artifact:\/\/model\//);
    });

    it('tells the code of a failure', async (t) => {
      if (missing !== null) return t.skip(missing);
      const noSeeds = async () => {
        throw ApplicationFailure.nonRetryable('There is no file /a.', 'NotFound');
      };
      const { code, errors } = await said(`failing-${language}`, noSeeds);
      assert.equal(code, 1);
      assert.match(errors, /NotFound: .*There is no file \/a\. Once that is mended/);
    });
  });

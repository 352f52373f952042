import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answerWith } from '../unit/activities/generate/generation-fixture.ts';
import {
  type Call,
  chatReply,
  type ScriptedTeacher,
  startScriptedTeacher,
} from '../unit/activities/teacher/scripted-teacher.ts';
import { until } from './in-flight.ts';

const ALPACA = fileURLToPath(new URL('../../bin/alpaca.mjs', import.meta.url));

describe('alpaca generate that is interrupted while four answers are on their way', () => {
  let folder: string;
  let teacher: ScriptedTeacher;
  let release: PromiseWithResolvers<void>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-interrupt-'));
    release = Promise.withResolvers();
    // The first shows that the teacher answers; those after it wait.
    teacher = await startScriptedTeacher(async (call, index) => {
      if (index > 0) await release.promise;
      return chatReply(answerWith(...uniqueInstructions(call)));
    });
    const { baseUrl } = teacher;
    const scripted = { baseUrl, model: 'scripted', price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } };
    await writeFile(join(folder, 'teachers.json'), JSON.stringify({ scripted }));
  });
  afterEach(async () => {
    release.resolve();
    await teacher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function generate(): { command: ChildProcess; said(): string } {
    const options = [
      '--teacher',
      'scripted',
      '--target',
      '100',
      '--concurrency',
      '4',
      '--prompts-per-request',
      '1',
      '--seed-tasks-per-prompt',
      '1',
    ];
    const command = spawn(
      process.execPath,
      [ALPACA, 'generate', ...options, '--out', join(folder, 'data.json')],
      {
        env: { ...process.env, ALPACA_STATE: folder, ALPACA_TEACHERS: join(folder, 'teachers.json') },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let errors = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    return { command, said: () => errors };
  }
  const kept = async () => {
    const names = await readdir(join(folder, 'store', 'entries', 'ledger'), { recursive: true });
    return names.filter((name) => /\/[0-9a-f]{64}\.json$/.test(name)).length;
  };

  it('says so, waits for them, keeps them, and pays for none again', async () => {
    const { command, said } = generate();
    await until(async () => teacher.calls.length === 5);
    command.kill('SIGINT');
    await until(async () => said().includes('ending: waiting for 4 answers that are paid for'));
    assert.equal(command.exitCode, null);
    release.resolve();
    assert.deepEqual(await once(command, 'exit'), [130, null]);
    assert.match(said(), /Stopped\. What is in the store is kept: the same command goes on from there\./);
    assert.deepEqual({ calls: teacher.calls.length, kept: await kept() }, { calls: 5, kept: 5 });

    const again = generate();
    assert.deepEqual(await once(again.command, 'exit'), [0, null], again.said());
    assert.equal(await kept(), teacher.calls.length);
  });

  it('gives them up at the second interrupt', async () => {
    const { command, said } = generate();
    await until(async () => teacher.calls.length === 5);
    command.kill('SIGINT');
    await until(async () => said().includes('once more to give them up'));
    // A terminal's Ctrl-C may arrive twice within half a second.
    await new Promise((resolve) => setTimeout(resolve, 700));
    command.kill('SIGINT');
    assert.deepEqual(await once(command, 'exit'), [130, null]);
    assert.equal(await kept(), 1);
  });
});

/** Two instructions of words that no other answer has. */
function uniqueInstructions({ prompt }: Call): string[] {
  return [0, 1].map((place) => {
    const digest = hash('sha256', `${prompt}/${place}`);
    return digest.match(/.{8}/g)?.join(' ') ?? '';
  });
}

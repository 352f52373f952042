import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../../bare-environment.ts';

const main = fileURLToPath(new URL('../../../../workers/offline-teacher/main.ts', import.meta.url));

function start(flags: string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [main, ...flags], { env: { ...BARE_ENVIRONMENT, ...env } });
}

describe('the offline teacher’s process', () => {
  it('prints where it listens, says what it is, and ends cleanly on SIGTERM', async () => {
    const child = start(['--seed', 'process', '--faults', '{"rateLimited":0}'], {
      OFFLINE_TEACHER_LATENCY_MS: '0',
    });
    const said = text(child.stderr);
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { url } = JSON.parse(line) as { url: string };
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
      const health = await fetch(new URL('/health', url));
      assert.deepEqual(await health.json(), {
        status: 'ok',
        model: 'offline-composer',
        fingerprint: 'offline-composer-is-no-language-model',
      });
    } finally {
      child.kill('SIGTERM');
    }
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.match(await said, /it is no language model/);
  });

  it('refuses wrong flags in one sentence and with code 2', async () => {
    for (const [flags, sentence] of [
      [['--port', 'eighty'], /--port is eighty, which is no number/],
      [['--latency-ms=-1'], /latencyMs/],
      [['--colour', 'red'], /colour/],
    ] as const) {
      const child = start([...flags]);
      const said = text(child.stderr);
      assert.deepEqual(await once(child, 'exit'), [2, null]);
      assert.match(await said, sentence);
      assert.doesNotMatch(await said, /\n\s+at /);
    }
  });
});

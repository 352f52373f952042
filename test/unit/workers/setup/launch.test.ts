import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAlive } from '../../../../activities/process/is-alive.ts';
import { BARE_ENVIRONMENT } from '../../../bare-environment.ts';

const LAUNCH = new URL('../../../../workers/setup/launch.mjs', import.meta.url).href;
const PROGRAM = 'console.log(process.pid); setInterval(() => {}, 1000)';
const LAUNCHER = `import { launch } from ${JSON.stringify(LAUNCH)};
process.exitCode = await launch(process.execPath, ['-e', ${JSON.stringify(PROGRAM)}]);`;

describe('a launcher', () => {
  for (const shell of [false, true])
    it(`ends what it runs where npm started it${shell ? ' in a shell' : ''}, and is killed without a word`, async () => {
      const npm = startedBy({ npm_command: 'exec' }, shell);
      const [line] = (await once(npm.lines, 'line')) as [string];
      const program = Number(line);
      assert.ok(isAlive(program));
      npm.process.kill('SIGKILL');
      while (isAlive(program)) await new Promise((resolve) => setTimeout(resolve, 50));
    });

  it('passes a signal on, and ends with the code that it makes', async () => {
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', LAUNCHER], {
      env: BARE_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(launcher.stdout, 'data');
    launcher.kill('SIGTERM');
    assert.deepEqual(await once(launcher, 'exit'), [143, null]);
  });
});

/** What starts a launcher and waits for it, as npx does; in a shell that waits for it, as the shells of some systems do. */
function startedBy(env: NodeJS.ProcessEnv, shell: boolean) {
  const args = JSON.stringify(['--input-type=module', '-e', LAUNCHER]);
  const script = shell
    ? `require('node:child_process').spawn('sh', ['-c', '"$0" "$@"; exit', process.execPath, ...${args}], { stdio: 'inherit' })`
    : `require('node:child_process').spawn(process.execPath, ${args}, { stdio: 'inherit' })`;
  const npm = spawn(process.execPath, ['-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...BARE_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { process: npm, lines: createInterface({ input: npm.stdout }) };
}

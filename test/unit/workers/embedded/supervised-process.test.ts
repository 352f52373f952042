import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../../activities/process/is-alive.ts';
import {
  type ProcessSurroundings,
  restartDelay,
  SupervisedProcess,
  whatItSaid,
} from '../../../../workers/embedded/supervised-process.ts';

describe('a restart', () => {
  it('waits twice as long after each crash in a row, up to 15 s, and is given up after eight', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(restartDelay);
    assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, null]);
  });
});

describe('what a process said last', () => {
  it('is the line that names the error, without its stack', () => {
    const lines = ['starting', 'TypeError: x is no function', '    at f (a.ts:1:1)', '', 'Node.js v24.21.0'];
    assert.equal(whatItSaid(lines), 'TypeError: x is no function');
  });

  it('is what Temporal’s server logged before it panicked: a port that is taken tells that the start may be tried again', () => {
    const logged =
      'time=2026-11-28T23:28:51.578 level=ERROR msg="Failed to start gRPC listener" error="listen tcp 127.0.0.1:7233: bind: address already in use"';
    const stack = Array.from({ length: 100 }, (_, at) => `\t/root/go/pkg/mod/commands.go:${at} +0x170`);
    assert.match(
      whatItSaid([logged, 'panic: runtime error: invalid memory address', ...stack]),
      /^msg="Failed to start gRPC listener" .*address already in use/,
    );
  });

  it('is the sentence of the last error in the log, without what belongs to it', () => {
    const error = '2026-11-28T17:00:00.123Z ERROR x is no function {"error":{"name":"TypeError"}}';
    assert.equal(
      whatItSaid([error, '2026-11-28T17:00:00.124Z INFO Worker state changed {"state":"STOPPED"}']),
      'x is no function',
    );
    const inJson = '{"time":"2026-11-28T17:00:00.123Z","level":"error","message":"The port 8288 is in use."}';
    assert.equal(whatItSaid([inJson, '{"url":"http://127.0.0.1"}', 'a']), 'The port 8288 is in use.');
  });

  it('is the last three lines where none does', () => {
    assert.equal(whatItSaid(['a', 'b', 'c', 'd']), 'b | c | d');
    assert.equal(whatItSaid([]), 'nothing');
  });
});

describe('a supervised process', () => {
  const logFolder = mkdtempSync(join(tmpdir(), 'alpaca-logs-'));
  const running = new Set<number>();
  const mayTake: { pid: number; ms: number }[] = [];
  const said: string[] = [];
  let restarted = Promise.withResolvers<void>();
  const around: ProcessSurroundings = {
    logFolder,
    guard: {
      began: (pid) => running.add(pid),
      mayTake: (pid, ms) => mayTake.push({ pid, ms }),
      ended: (pid) => running.delete(pid),
    },
    say: (line) => said.push(line),
    verbose: false,
    watchdog: { askEveryMs: 100, answerWithinMs: 5000 },
    onRestarted: () => restarted.resolve(),
    onGivenUp() {},
  };
  const started: SupervisedProcess[] = [];
  // Supervision alone keeps no process running, and a test on Node 22 ends with its process.
  const awake = setInterval(() => {}, 1000);
  after(() => clearInterval(awake));
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop(0);
    assert.deepEqual([...running], []);
  });

  function begin(name: string, program: string): SupervisedProcess {
    const made = new SupervisedProcess(
      { name, command: process.execPath, args: ['-e', program], env: process.env },
      around,
    );
    started.push(made);
    return made;
  }

  it('is ready with its first line of JSON, and keeps its output in a log', async () => {
    const ready = await begin(
      'speaker',
      'console.log("starting"); console.log(JSON.stringify({ url: "http://x" })); setInterval(() => {}, 1000)',
    ).startUntilLine(10_000);
    assert.deepEqual(ready, { url: 'http://x' });
    await sleep(50);
    assert.match(
      await readFile(join(logFolder, 'speaker.log'), 'utf8'),
      /\nstarting\n\{"url":"http:\/\/x"\}\n/,
    );
  });

  it('that ends before it is ready fails with what it said', async () => {
    await assert.rejects(
      begin('failing', 'console.error("Error: no port"); process.exit(1)').startUntilLine(10_000),
      /The failing ended before it was ready\. It said: Error: no port\. Its log is .*failing\.log/,
    );
  });

  it('that is not ready in time fails', async () => {
    await assert.rejects(
      begin('silent', 'setInterval(() => {}, 1000)').startUntilLine(200),
      /The silent was not ready after 0\.2 s/,
    );
  });

  it('runs again after a crash', async () => {
    const crashing = begin('crashing', 'console.log("{}"); setInterval(() => {}, 1000)');
    await crashing.startUntilLine(10_000);
    const { pid } = crashing;
    assert.ok(pid);
    restarted = Promise.withResolvers<void>();
    process.kill(pid, 'SIGKILL');
    await restarted.promise;
    assert.notEqual(crashing.pid, pid);
    assert.ok(crashing.pid && isAlive(crashing.pid));
  });

  it('whose loop stands still is ended and runs again, and one that answers is left alone', async () => {
    const health = (then: string) => `
      const server = require('node:http').createServer((request, response) => {
        response.end('ok');
        ${then}
      });
      server.listen(0, '127.0.0.1', () =>
        console.log(JSON.stringify({ healthUrl: 'http://127.0.0.1:' + server.address().port })));`;
    const well = begin('well', health(''));
    await well.startUntilLine(10_000);
    const { pid: pidOfWell } = well;
    const stuck = begin('stuck', health('setImmediate(() => { while (true); });'));
    restarted = Promise.withResolvers<void>();
    await stuck.startUntilLine(10_000);
    const { pid } = stuck;
    await restarted.promise;
    assert.deepEqual(said.filter((line) => line.startsWith('stuck')).slice(0, 2), [
      'stuck has stood still for 5 s; it is ended',
      'stuck ended (SIGKILL); starting it again in 0.5 s',
    ]);
    assert.equal(isAlive(Number(pid)), false);
    assert.equal(well.pid, pidOfWell);
  });

  it('that does not heed SIGTERM is killed, with what it started', async () => {
    const stubborn = begin(
      'stubborn',
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
       process.on('SIGTERM', () => {});
       console.log(JSON.stringify({ child: child.pid }));`,
    );
    const { child } = await stubborn.startUntilLine(10_000);
    const { pid } = stubborn;
    await stubborn.stop(100);
    assert.equal(isAlive(Number(pid)), false);
    // Whoever inherits it has to take note of its end.
    for (let tries = 0; isAlive(Number(child)) && tries < 100; tries += 1) await sleep(20);
    assert.equal(isAlive(Number(child)), false);
  });

  it('has what it started until it has ended in order, and as long as it said that this may take', async () => {
    const orderly = begin(
      'orderly',
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
       child.on('exit', () => console.log('its child was ended first'));
       process.on('SIGTERM', () => {
         console.log(JSON.stringify({ stopping: true, answers: 2, withinSeconds: 60 }));
         setTimeout(() => process.exit(0), 300);
       });
       console.log(JSON.stringify({ stopWithinSeconds: 60 }));`,
    );
    await orderly.startUntilLine(10_000);
    const { pid } = orderly;
    await orderly.stop();
    assert.deepEqual(mayTake, [{ pid, ms: 63_000 }]);
    assert.deepEqual(
      said.filter((line) => line.startsWith('orderly')),
      ['orderly: waiting for 2 answers that are paid for, 60 s at the most; a second Ctrl-C gives them up'],
    );
    assert.doesNotMatch(await readFile(join(logFolder, 'orderly.log'), 'utf8'), /ended first\n/);
  });
});

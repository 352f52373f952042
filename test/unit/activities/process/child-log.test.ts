import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { saidOf, startLog } from '../../../../activities/log.ts';
import { ChildProcess } from '../../../../activities/process/child-process.ts';

describe('what a child process prints', () => {
  it('is in the log of its parent, in the parent’s format, with whose it is', async () => {
    const lines: string[] = [];
    startLog('info', (line) => lines.push(line));
    const entry = new URL('./dying-child.ts', import.meta.url);
    const child = new ChildProcess<string, never>(entry, unwatched, undefined, { name: 'training' });
    await assert.rejects(child.ask('anything'), { code: 'ProcessDied' });
    await child.close();
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^\S+Z WARN the last words \{"process":"training","pid":\d+\}$/);
  });

  it('belongs to the attempt that asked, not to the one that started the process', async () => {
    const lines: string[] = [];
    startLog('info', (line) => lines.push(line));
    const entry = new URL('./dying-child.ts', import.meta.url);
    const child = saidOf({ attempt: 1 }, () => new ChildProcess<string, never>(entry, unwatched));
    await saidOf({ attempt: 2 }, () => assert.rejects(child.ask('anything'), { code: 'ProcessDied' }));
    await child.close();
    assert.match(lines.join(), /WARN the last words \{"attempt":2,/);
  });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hideSecret } from '../../../../activities/secrets.ts';
import { openProgress } from '../../../../workers/command/run/progress-bars.ts';
import { writeLine } from '../../../../workers/command/terminal.ts';
import type { Stage } from '../../../../workflows/contracts/progress.ts';

const COMMANDS = fileURLToPath(new URL('../../../../workers/command/', import.meta.url));
const HOSTILE = 'HTTP 500: \u001B]52;c;cm0gLXJm\u0007\u001B[1A\rpaused: \u009B31mnothing';
const KEY = 'sk-canary-1234567890abcdef';

class Recorded extends Writable {
  text = '';
  isTTY = false;
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

describe('what a command writes to a terminal', () => {
  it('does nothing there, whoever wrote it', () => {
    const stream = new Recorded();
    writeLine(stream, HOSTILE);
    assert.equal(
      stream.text,
      'HTTP 500: [U+001B]]52;c;cm0gLXJm[U+0007][U+001B][1A[U+000D]paused: [U+009B]31mnothing\n',
    );
  });

  for (const isTTY of [false, true])
    it(`has a teacher’s error, and a note, as text in the progress of a run (${isTTY ? 'bars' : 'lines'})`, () => {
      const stream = Object.assign(new Recorded(), { isTTY, columns: 400 });
      hideSecret(KEY);
      const display = openProgress(stream);
      const generate: Stage = {
        ...{ name: 'generate', state: 'running', done: 1, total: 2, unit: 'accepted' },
        ...{ note: `${KEY} ${HOSTILE}`, startedAt: null, endedAt: null },
      };
      display.show({
        ...{ state: 'paused', stage: 'generate', stages: [generate], accepted: 1, target: 2 },
        ...{ costUsd: 0, budgetUsd: null, pauseReason: HOSTILE, pauseKind: 'outage', etaSeconds: null },
        ...{ loss: { latest: null, before: null, after: null }, forecast: null },
      });
      display.say(`${HOSTILE} ${KEY}`);
      display.close();
      for (const order of ['\u001B]52', '\u0007', '\u009B', '\rpaused'])
        assert.ok(!stream.text.includes(order));
      assert.ok(!stream.text.includes('1234567890') && stream.text.includes('[key]'));
      assert.match(stream.text, /HTTP 500: \[U\+001B\]\]52;c;/);
    });

  it('goes through this one place', () => {
    const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' });
    const writing = files.filter(
      (name) =>
        name.endsWith('.ts') &&
        /std(out|err)\.write\(|stream\.write\(|console\./.test(readFileSync(join(COMMANDS, name), 'utf8')) &&
        !['terminal.ts', 'schema.ts'].includes(name),
    );
    assert.deepEqual(writing, []);
  });
});

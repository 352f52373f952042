import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { showStatus } from '../../../../workers/setup/setup.mjs';

describe('what set-up shows while it brings something', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }));
  afterEach(() => mock.timers.reset());

  function shownOn(isTTY: boolean): { text: () => string; status: ReturnType<typeof showStatus> } {
    const written: string[] = [];
    const stream = { isTTY, write: (text: string) => written.push(text) };
    const status = showStatus(stream, (line) => stream.write(`${line}\n`));
    return { text: () => written.splice(0).join(''), status };
  }

  it('is one line of a terminal that lives, gives way to others, and goes', () => {
    const { text, status } = shownOn(true);
    status.doing('Node', '');
    status.doing('Temporal CLI', 'by download');
    mock.timers.tick(1999);
    assert.equal(text(), '');
    mock.timers.tick(1);
    assert.equal(text(), '\r\x1b[Kset-up, once: bringing Node, Temporal CLI (by download); 2 s so far');
    status.say('set-up: Node 24 (npm), 2.1 s');
    status.done('Node');
    status.doing('Temporal CLI', 'built with Go');
    mock.timers.tick(1000);
    assert.equal(
      text(),
      '\r\x1b[Kset-up: Node 24 (npm), 2.1 s\n\r\x1b[Kset-up, once: bringing Temporal CLI (built with Go); 3 s so far',
    );
    status.end();
    assert.equal(text(), '\r\x1b[K');
  });

  it('is a line every half minute elsewhere', () => {
    const { text, status } = shownOn(false);
    status.doing('TensorFlow', '');
    mock.timers.tick(2000);
    assert.equal(text(), 'set-up, once: bringing TensorFlow; 2 s so far\n');
    mock.timers.tick(29_000);
    assert.equal(text(), '');
    mock.timers.tick(1000);
    mock.timers.tick(30_000);
    assert.equal(
      text(),
      'set-up, once: bringing TensorFlow; 32 s so far\nset-up, once: bringing TensorFlow; 62 s so far\n',
    );
    status.end();
  });

  it('is nothing where all is there', () => {
    const { text, status } = shownOn(true);
    status.doing('Node', '');
    status.done('Node');
    status.end();
    mock.timers.tick(100_000);
    assert.equal(text(), '');
  });
});

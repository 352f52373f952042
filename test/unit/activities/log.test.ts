import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlpacaError } from '../../../activities/errors.ts';
import { jsonLine, logLine, readForeignLine, saidOf, startLog } from '../../../activities/log.ts';
import { hideSecret } from '../../../activities/secrets.ts';

const AT = new Date('2026-11-28T17:00:00.123Z');

describe('a line of the log', () => {
  it('has a time, a level, the message and, where there is any, what belongs to it as JSON', () => {
    assert.equal(logLine(AT, 'info', 'It works.'), '2026-11-28T17:00:00.123Z INFO It works.');
    assert.equal(
      logLine(AT, 'warn', 'The queue waits.', { taskQueue: 'alpaca-gpu', backlog: 3 }),
      '2026-11-28T17:00:00.123Z WARN The queue waits. {"taskQueue":"alpaca-gpu","backlog":3}',
    );
  });

  it('is one line, whatever the message is', () => {
    assert.equal(logLine(AT, 'error', 'one\n  two\n'), '2026-11-28T17:00:00.123Z ERROR one | two');
  });

  it('has no secret of this process, in the message or in what belongs to it', () => {
    hideSecret('sk-canary-0123456789');
    const error = new Error('Bearer sk-canary-0123456789');
    const line = logLine(AT, 'warn', 'It says sk-canary-0123456789.', {
      error,
      said: ['sk-canary-0123456789'],
    });
    assert.match(line, /It says \[key\]\./);
    assert.doesNotMatch(line, /canary/);
  });

  it('keeps the name, the message and the stack of an error', () => {
    const error = new Error('no room');
    error.stack = 'Error: no room\n    at a';
    assert.equal(
      logLine(AT, 'error', 'It failed.', { error }),
      '2026-11-28T17:00:00.123Z ERROR It failed. {"error":{"name":"Error","message":"no room","stack":"Error: no room\\n    at a"}}',
    );
  });

  it('says of an expected error its sentence, and of a defect its stack too', () => {
    const { lines, log } = recorded('info');
    log.failure(new AlpacaError('NotFound', 'There is no model.', { remedy: 'Train one.' }));
    log.failure(new TypeError('x is no function'));
    assert.match(lines[0] ?? '', /^\S+ ERROR There is no model\. Train one\.$/);
    assert.match(lines[1] ?? '', /^\S+ ERROR x is no function \{"error":\{"name":"TypeError",.*"stack":"/);
  });
});

describe('a line of the log as JSON', () => {
  it('is one object on one line, whose time, level and message nothing takes the place of', () => {
    assert.equal(
      jsonLine(AT, 'warn', 'The queue\nwaits.', { taskQueue: 'alpaca-gpu', message: 'another' }),
      '{"time":"2026-11-28T17:00:00.123Z","level":"warn","message":"The queue\\nwaits.","taskQueue":"alpaca-gpu"}',
    );
  });

  it('has no secret of this process', () => {
    hideSecret('sk-canary-0123456789');
    const line = jsonLine(AT, 'warn', 'It says sk-canary-0123456789.', { said: ['sk-canary-0123456789'] });
    assert.deepEqual(JSON.parse(line).said, ['[key]']);
    assert.doesNotMatch(line, /canary/);
  });
});

describe('the log', () => {
  it('says of which run and step a line is, whoever writes it on the way', async () => {
    const { lines, log } = recorded('info');
    await saidOf({ workflowId: 'run', activityType: 'filterRows' }, async () => {
      await Promise.resolve();
      log.warn('It goes on.', { rows: 3 });
    });
    log.warn('Nobody’s.');
    assert.deepEqual(
      lines.map((line) => line.split(' ').slice(2).join(' ')),
      ['It goes on. {"workflowId":"run","activityType":"filterRows","rows":3}', 'Nobody’s.'],
    );
  });

  it('leaves out what is beneath its level', () => {
    const { lines, log } = recorded('warn');
    log.info('a detail');
    log.warn('a warning');
    assert.deepEqual(
      lines.map((line) => line.split(' ').slice(1).join(' ')),
      ['WARN a warning'],
    );
  });
});

describe('what other programs say', () => {
  it('takes TensorFlow’s level and message', () => {
    assert.deepEqual(
      readForeignLine(
        '2026-11-28 17:00:00.123456: W tensorflow/core/framework/cpu_allocator_impl.cc:82] Allocation exceeds 10%.',
      ),
      {
        level: 'warn',
        message: 'Allocation exceeds 10%.',
        source: 'tensorflow/core/framework/cpu_allocator_impl.cc:82',
      },
    );
    assert.deepEqual(
      readForeignLine(
        'E0000 00:00:1764349200.123456  4242 cuda_dnn.cc:8310] Unable to register cuDNN factory',
      ),
      { level: 'error', message: 'Unable to register cuDNN factory', source: 'cuda_dnn.cc:8310' },
    );
  });

  it('is information where TensorFlow goes on from a line of information without a level', () => {
    for (const line of [
      'To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.',
      'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
    ])
      assert.deepEqual(readForeignLine(line), { level: 'info', message: line });
  });

  it('is a warning where it has no level', () => {
    assert.deepEqual(readForeignLine('terminate called'), { level: 'warn', message: 'terminate called' });
  });
});

function recorded(level: 'info' | 'warn') {
  const lines: string[] = [];
  return { lines, log: startLog(level, (line) => lines.push(line)) };
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '@temporalio/client';
import { createProgram } from '../../../../../workers/command/program.ts';
import { checkCron, checkTimeZone } from '../../../../../workers/command/schedule/cron.ts';
import { changeSchedule, showSchedule } from '../../../../../workers/command/schedule/schedules.ts';

describe('a schedule’s clock', () => {
  it('is five fields of numbers, names, ranges, lists and steps, or a word', () => {
    for (const cron of [
      '0 3 * * *',
      '*/15 0-6,22 1 jan-mar,12 MON-fri/2',
      '59 23 31 12 7',
      '@daily',
      '@every 6h',
      '@every 1h30m',
    ])
      assert.equal(checkCron(` ${cron} `), cron);
  });

  it('is refused by the name of the field that is wrong', () => {
    for (const [cron, message] of [
      ['61 3 * * *', '--cron "61 3 * * *": minute is 61: expected *, numbers from 0 to 59, ranges or steps.'],
      ['0 24 * * *', '--cron "0 24 * * *": hour is 24: expected *, numbers from 0 to 23, ranges or steps.'],
      [
        '0 3 0 * *',
        '--cron "0 3 0 * *": day of the month is 0: expected *, numbers from 1 to 31, ranges or steps.',
      ],
      [
        '0 3 * mai *',
        '--cron "0 3 * mai *": month is mai: expected *, numbers from 1 to 12, ranges or steps.',
      ],
      [
        '0 3 * * 5-1',
        '--cron "0 3 * * 5-1": day of the week is 5-1: expected *, numbers from 0 to 7, ranges or steps.',
      ],
      [
        '*/0 3 * * *',
        '--cron "*/0 3 * * *": minute is */0: expected *, numbers from 0 to 59, ranges or steps.',
      ],
      [
        '1,, 3 * * *',
        '--cron "1,, 3 * * *": minute is 1,,: expected *, numbers from 0 to 59, ranges or steps.',
      ],
    ] as const)
      assert.throws(() => checkCron(cron), { name: 'UsageError', message });
    for (const cron of ['', 'every night', '0 3 * *', '0 0 3 * * *', '@nightly', '@every night'])
      assert.throws(() => checkCron(cron), { message: /has \d fields?: expected 5, minute, hour/ });
  });

  it('is refused where it never comes', () => {
    for (const [cron, message] of [
      ['0 0 30 2 *', '--cron "0 0 30 2 *" never comes: its month (2) has no day 30.'],
      ['0 0 31 feb,4-6/2 1', '--cron "0 0 31 feb,4-6/2 1" never comes: its month (feb,4-6/2) has no day 31.'],
    ] as const)
      assert.throws(() => checkCron(cron), { name: 'UsageError', message });
    for (const cron of ['0 0 29 2 *', '0 0 31 2-3 *', '0 0 15/15 2 *', '0 0 31 1/2 *', '0 0 */31 2 *'])
      assert.equal(checkCron(cron), cron);
  });

  it('is of a time zone that has a name', () => {
    assert.equal(checkTimeZone('Europe/Berlin'), 'Europe/Berlin');
    assert.equal(checkTimeZone('UTC'), 'UTC');
    assert.throws(() => checkTimeZone('Berlin'), {
      message: '--time-zone Berlin is no time zone: expected a name such as Europe/Berlin or UTC.',
    });
    assert.throws(() => checkTimeZone('+01:00'), { message: /is an offset: expected a name/ });
  });
});

describe('a schedule that starts another workflow', () => {
  it('is not there: neither shown, changed nor deleted', async () => {
    const client = new Client();
    const touched: string[] = [];
    client.schedule.getHandle = (scheduleId) =>
      Object.assign(Object.create(null), {
        scheduleId,
        describe: async () => ({ scheduleId, action: { type: 'startWorkflow', workflowType: 'billing' } }),
        ...Object.fromEntries(
          ['pause', 'unpause', 'trigger', 'delete'].map((name) => [name, async () => touched.push(name)]),
        ),
      });
    const absent = { code: 'NotFound', message: /^There is no schedule billing\./ };
    await assert.rejects(showSchedule(client, 'billing'), absent);
    for (const change of ['pause', 'resume', 'run', 'delete'] as const)
      await assert.rejects(changeSchedule(client, 'billing', change), absent);
    assert.deepEqual(touched, []);
  });
});

describe('alpaca schedule create', () => {
  it('refuses what is wrong with it before it looks for a server', async () => {
    const create = (...args: string[]) =>
      createProgram(new AbortController().signal).parseAsync([
        'node',
        'alpaca',
        'schedule',
        'create',
        'x',
        ...args,
      ]);
    for (const [args, message] of [
      [['--cron', '0 25 * * *'], /^--cron "0 25 \* \* \*": hour is 25: expected/],
      [['--cron', '@daily', '--time-zone', 'Mars'], /^--time-zone Mars is no time zone/],
      [['--cron', '@daily', '--overlap', 'all'], /^--overlap is skip or buffer-one, not all\./],
      [['--cron', '@daily', '--on', 'base'], /^--on goes with --from/],
      [['--cron', '@daily', '--on', 'first', '--from', 'x'], /^--on is last or base, not first\./],
      [['--cron', '@daily', '--from', '/none'], /^There is no file or folder \/none\./],
      [
        ['--cron', '@daily', '--set', 'train.epochs=x'],
        /^--set: train\.epochs is "x": expected a number|train\.epochs/,
      ],
    ] as const)
      await assert.rejects(create(...args), { message });
  });
});

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { FilterResult } from '../../workflows/contracts/filter.ts';
import { type Processes, startProcesses } from '../processes.ts';
import { inFlight, until } from './in-flight.ts';
import { STEADY_TEACHER } from './steady-teacher.ts';

/** Real processes. What was paid for is counted from the teacher's own log, never from our counters. */
describe('grades of the Korean seed tasks', () => {
  let processes: Processes;
  before(async () => {
    processes = await startProcesses({ teacher: [...STEADY_TEACHER, '--latency-ms', '400'] });
    await processes.start('data-worker');
  });
  after(() => processes?.stop());

  const ROWS = 175;
  /** So many are asked at a time. */
  const AT_ONCE = 8;

  const start = (workflowId: string) =>
    processes.client.workflow.start('filter', {
      ...{ taskQueue: 'alpaca', workflowId },
      args: [{ language: 'ko', rules: [], grade: { judge: 'offline' } }],
    });
  const answers = async () => (await processes.teacherLog()).filter(({ status }) => status === 200).length;
  const kept = async () => {
    const ledger = join(processes.folder, 'store', 'entries', 'ledger', 'judge');
    const names = await readdir(ledger, { recursive: true });
    return names.filter((name) => /\/[0-9a-f]{64}\.json$/.test(name)).length;
  };
  /** Some more are answered, and others are on their way. */
  const untilInTheMiddle = async (handle: WorkflowHandle) => {
    const before = await answers();
    await until(async () => (await answers()) >= before + 3 && (await inFlight(handle, 'gradeRows')));
    assert.ok((await answers()) < ROWS - 2, 'it was in the middle');
  };

  let interrupted: FilterResult;

  it('are kept, each that is paid for, where the worker is stopped; and are asked again at most where it is killed', async () => {
    const handle = await start('interrupted');
    await untilInTheMiddle(handle);
    assert.equal(await processes.terminate('data-worker'), 0);
    assert.equal(await kept(), await answers());
    await processes.start('data-worker');
    await untilInTheMiddle(handle);
    await processes.kill('data-worker');
    await processes.start('data-worker');
    interrupted = (await handle.result()) as FilterResult;
    assert.deepEqual([interrupted.grades?.rows.rows, await kept()], [ROWS, ROWS]);
    const again = (await answers()) - ROWS;
    assert.ok(again <= AT_ONCE, `${again} were answered again`);
  });

  it('cost nothing where they are known', async () => {
    const before = await answers();
    const again = (await (await start('again')).result()) as FilterResult;
    assert.equal(again.grades?.rows.sha256, interrupted.grades?.rows.sha256);
    assert.equal(await answers(), before);
  });
});

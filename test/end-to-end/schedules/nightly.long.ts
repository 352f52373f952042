import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { ScheduleListing } from '../../../workers/command/schedule/schedules.ts';
import { type AlpacaResult, alpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { alpaca, type Environment, standing } from '../command.ts';

/** Three nights of retraining, with real workers: all rows on the base, then new ones on its model, none. */
describe('a schedule over a folder that grows', () => {
  let state: string;
  let rows: string;
  let environment: Environment;
  let end: () => Promise<number>;
  let connection: Connection;

  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-nightly-'));
    rows = join(state, 'rows');
    await mkdir(rows);
    await writeFile(join(rows, 'a.jsonl'), linesOf(0, 40));
    const env = { ALPACA_IMPORT_FOLDERS: rows };
    ({ said: environment, end } = await standing<Environment>(state, ['up', '--json'], env));
    connection = await Connection.connect({ address: environment.address });
  });
  after(async () => {
    await connection.close();
    const code = await end();
    await rm(state, { recursive: true, force: true });
    assert.equal(code, 130);
  });

  const schedule = async (...args: string[]): Promise<ScheduleListing> => {
    const { code, stdout, stderr } = await alpaca(state, ['schedule', ...args, '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const night = async (): Promise<AlpacaResult> => {
    const { started } = await schedule('show', 'nightly');
    await schedule('run', 'nightly');
    let now = await schedule('show', 'nightly');
    while (now.started === started) now = await schedule('show', 'nightly');
    const run = now.runs.at(-1) ?? assert.fail();
    const result = alpacaResult.parse(await new Client({ connection }).workflow.getHandle(run).result());
    while (now.running.length > 0) now = await schedule('show', 'nightly');
    await sleep(1000);
    return result;
  };

  it('trains what is new on the model of the night before, and says where nothing is', async () => {
    const small = ['train.epochs=1', 'evaluate.maxInstructions=2', 'evaluate.maxNewTokens=4'];
    const settings = small.flatMap((setting) => ['--set', setting]);
    const made = await schedule('create', 'nightly', '--cron', '0 3 1 1 *', '--from', rows, ...settings);
    assert.equal(made.note, `new rows of ${rows}, on the last model`);
    const first = await night();
    assert.equal(first.retrain?.newRows, 40);
    await appendFile(join(rows, 'a.jsonl'), linesOf(40, 64));
    const second = await night();
    assert.equal(second.retrain?.newRows, 24);
    assert.equal(second.generate.data.rows, 24);
    assert.equal(second.tokenize.model.sha256, first.train.model.sha256);
    assert.notEqual(second.train.model.sha256, first.train.model.sha256);
    const third = await night();
    assert.equal(third.retrain?.newRows, 0);
    assert.deepEqual({ ...third, retrain: null }, { ...second, retrain: null });
    await schedule('delete', 'nightly');
  });
});

function linesOf(from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += 1) {
    const instruction = `Multiply ${at} by ${at + 17}, and name ${'abcdefghij'[at % 10]}${at} words for it.`;
    text += `${JSON.stringify({ instruction, input: '', output: String(at * (at + 17)) })}\n`;
  }
  return text;
}

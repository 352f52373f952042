import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { findNewRows } from '../../../../activities/generate/new-rows.ts';
import type { FindNewRowsInput, NewRows } from '../../../../workflows/contracts/run/retrain.ts';

/** Rows that grow, looked at once and again. */
describe('new rows', () => {
  let root: string;
  let from: string;
  let store: ArtifactStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-new-rows-'));
    from = join(root, 'rows');
    await mkdir(from);
    store = createLocalStore({ root: join(root, 'store'), importFolders: [from] });
    await writeFile(join(from, 'a.jsonl'), line('one') + line('two'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const look = (known: FindNewRowsInput['known'], change: Partial<FindNewRowsInput> = {}) =>
    findNewRows({ from, known, rows: 'new', leastRows: 1, ...change }, store, unwatched);
  const instructions = async ({ data }: NewRows) => {
    assert.ok(data);
    const lines = (await readFile(await store.open(data), 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, data.rows);
    return lines.map((text) => JSON.parse(text).instruction);
  };

  it('are all at first, each once, in the order of files by name', async () => {
    await writeFile(join(from, 'b.json'), JSON.stringify([row('three'), row('one')]));
    await writeFile(join(from, 'notes.txt'), 'no rows');
    const found = await look(null);
    assert.deepEqual(await instructions(found), ['one', 'two', 'three']);
    assert.equal(found.newRows, 3);
    assert.equal(found.known?.rows, 3);
  });

  it('are later what was in no look before, in a file that grew and in a new one', async () => {
    const first = await look(null);
    await appendFile(join(from, 'a.jsonl'), line('three'));
    const second = await look(first.known);
    assert.deepEqual(await instructions(second), ['three']);
    await writeFile(join(from, '0.jsonl'), line('one') + line('four'));
    const third = await look(second.known);
    assert.deepEqual(await instructions(third), ['four']);
    assert.equal(third.known?.rows, 4);
  });

  it('bring all rows with them where all are wanted', async () => {
    const first = await look(null);
    await appendFile(join(from, 'a.jsonl'), line('three'));
    const second = await look(first.known, { rows: 'all' });
    assert.deepEqual(await instructions(second), ['one', 'two', 'three']);
    assert.equal(second.newRows, 1);
  });

  it('are none where nothing grew, or too little, and stay new then', async () => {
    const first = await look(null);
    assert.deepEqual(await look(first.known), { newRows: 0, data: null, known: first.known });
    assert.deepEqual(await look(first.known, { rows: 'all' }), {
      newRows: 0,
      data: null,
      known: first.known,
    });
    await appendFile(join(from, 'a.jsonl'), line('three'));
    const few = await look(first.known, { leastRows: 2 });
    assert.deepEqual(few, { newRows: 1, data: null, known: first.known });
    assert.deepEqual(await instructions(await look(few.known)), ['three']);
  });

  it('are none in an empty folder', async () => {
    await rm(join(from, 'a.jsonl'));
    assert.deepEqual(await look(null), { newRows: 0, data: null, known: null });
  });

  it('are not the same where an output or a turn differs', async () => {
    const first = await look(null);
    const messages = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'one' },
    ];
    const more = [...messages, { role: 'user', content: 'more' }, { role: 'assistant', content: 'two' }];
    await writeFile(
      join(from, 'b.jsonl'),
      [{ ...row('one'), output: 'else' }, { messages }, { messages: more }]
        .map((each) => `${JSON.stringify(each)}\n`)
        .join(''),
    );
    assert.equal((await look(first.known)).newRows, 3);
  });

  it('with a bad one among them are refused by file and line; so is a folder that is not let in', async () => {
    await writeFile(join(from, 'b.jsonl'), `${line('three')}{"instruction": 4}\n`);
    await assert.rejects(look(null), { code: 'InvalidInput', message: /rows\/b\.jsonl.* line 2/ });
    await assert.rejects(look(null, { from: root }), { code: 'RefusedPath' });
  });
});

function row(instruction: string) {
  return { instruction, input: '', output: 'x' };
}

function line(instruction: string): string {
  return `${JSON.stringify(row(instruction))}\n`;
}

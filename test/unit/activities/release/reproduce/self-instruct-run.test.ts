import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { reproduce } from '../../../../../activities/release/reproduce/reproduce.ts';
import { type SmallRun, smallRun } from '../small-run.ts';

describe('the release of a run by Self-Instruct', () => {
  let small: SmallRun;
  before(async () => {
    small = await smallRun(undefined, 'self-instruct');
  });
  after(() => small[Symbol.asyncDispose]());

  it('is reproduced: each stage is made again from the ledger, and dedupe compares each task once', async () => {
    const claims = await reproduce(small.folder, small, unwatched);
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'differs'),
      [],
    );
    const generation = claims.find(({ claim }) => claim.includes('completions') || claim.includes('ledger'));
    assert.equal(generation?.verdict, 'holds');
    assert.match(generation?.detail ?? '', /^18 rows of 15 requests, byte for byte/);
  });

  it('has the files of the original, and says how its rows were made', async () => {
    assert.deepEqual((await readdir(join(small.folder, 'self-instruct'))).sort(), [
      ...['finetuning_data.jsonl', 'is_clf_or_not.jsonl'],
      ...['machine_generated_instances.jsonl', 'machine_generated_instructions.jsonl'],
    ]);
    const card = await readFile(join(small.folder, 'README.md'), 'utf8');
    assert.match(card, /\| instructions accepted \| 12 \|/);
    assert.match(card, /\| method \| Self-Instruct: /);
    assert.match(await readFile(join(small.folder, 'DATASHEET.md'), 'utf8'), /By Self-Instruct: a teacher/);
    const [line = ''] = (await readFile(join(small.folder, 'provenance.jsonl'), 'utf8')).split('\n');
    assert.deepEqual(Object.keys(JSON.parse(line).task), [
      ...['request', 'prompt', 'segment', 'ledgerKey', 'classificationKey'],
    ]);
  });
});

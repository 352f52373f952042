import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { reproduce } from '../../../../../activities/release/reproduce/reproduce.ts';
import { findReportSource } from '../../../../../workers/command/release/report-source.ts';
import { type SmallRun, smallRun } from '../small-run.ts';

describe('the release of a run in several languages', () => {
  let small: SmallRun;
  before(async () => {
    const filter = async () => ({ rules: ['json'], decontaminate: { files: ['builtin'] } });
    small = await smallRun(filter, 'alpaca', null, { en: 0.5, es: 0.5 });
  });
  after(() => small[Symbol.asyncDispose]());

  const file = (name: string) => readFile(join(small.folder, name), 'utf8');

  it('says of each row in which it is, and lists them all on its cards', async () => {
    const lines = (await file('provenance.jsonl')).trimEnd().split('\n');
    const languages = new Set(lines.map((line): unknown => JSON.parse(line).language));
    assert.deepEqual([...languages].sort(), ['en', 'es']);
    for (const card of ['README.md', 'model/README.md'])
      assert.match(await file(card), /\nlanguage:\n- en\n- es\n/);
  });

  it('is reproduced', async () => {
    const claims = await reproduce(small.folder, small, unwatched);
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'differs'),
      [],
    );
    const origin = claims.find(({ claim }) => claim === 'the rows are those that the run kept');
    assert.equal(origin?.verdict, 'holds');
    const filtered = claims.find(({ claim }) => claim === 'the filtered rows follow from the kept ones');
    assert.equal(filtered?.verdict, 'holds');
    assert.equal(small.run.filter?.against.length, 2);
  });

  it('is read by a report with the language of each row', async () => {
    const { source } = await findReportSource(small.folder);
    const languages = new Set(source.rows.map(({ language }) => language));
    assert.deepEqual([...languages].sort(), ['en', 'es']);
    assert.ok(source.rows.every(({ provenance }) => provenance !== undefined));
  });
});

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { releaseRows } from '../../../../../activities/release/activities.ts';
import { checkSums } from '../../../../../activities/release/reproduce/check-texts.ts';
import { openRelease, readManifest } from '../../../../../activities/release/reproduce/opened-release.ts';
import { reproduce } from '../../../../../activities/release/reproduce/reproduce.ts';
import { releaseInput } from '../../../../../workflows/contracts/release.ts';
import { type SmallRun, smallRun } from '../small-run.ts';

describe('the release of a run that filtered', () => {
  let small: SmallRun;
  before(async () => {
    small = await smallRun(async (root) => {
      const benchmark = join(root, 'bench.jsonl');
      await writeFile(benchmark, '{"question": "Explain: a1, b1, c1, d1!"}\n');
      return { decontaminate: { files: [benchmark] } };
    });
  });
  after(() => small[Symbol.asyncDispose]());

  it('has the rows that the filter kept, and says of the others what dropped them', async () => {
    const { filter, dedupe } = small.run;
    assert.ok(filter && dedupe);
    assert.deepEqual([dedupe.data.rows, filter.data.rows, filter.dropped.rows], [12, 11, 1]);
    const card = await readFile(join(small.folder, 'README.md'), 'utf8');
    assert.match(card, /\| rows \| 11 \|/);
    assert.match(card, /\| dropped by the filter for refusal \| 0 \|/);
    assert.match(card, /\| dropped by the filter for same-text \| 1 \|/);
    assert.match(card, /\| held against \| bench\\?\.jsonl \|/);
    const sheet = await readFile(join(small.folder, 'DATASHEET.md'), 'utf8');
    assert.match(
      sheet,
      / 1 more had a fault that a rule finds, or overlapped a file that it was held against\./,
    );
  });

  it('is reproduced: what was filtered is filtered again, the files that it was held against in the store', async () => {
    const claims = await reproduce(small.folder, small, unwatched);
    const verdicts = new Map(claims.map(({ claim, verdict, detail }) => [claim, `${verdict}: ${detail}`]));
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'differs'),
      [],
    );
    assert.equal(
      verdicts.get('the filtered rows follow from the kept ones'),
      'holds: 11 of 12 rows kept, byte for byte',
    );
    assert.equal(
      verdicts.get('the rows are those that the run kept'),
      'holds: rows and provenance are byte for byte what the filter kept',
    );
    assert.match(verdicts.get('the tokens follow from the rows') ?? '', /^holds: /);
  });

  it('has a line in the report', async () => {
    const { run, store } = small;
    assert.ok(run.filter);
    const { data, similarity } = run.filter;
    const input = releaseInput.parse({ data, similarity, run });
    const { report } = await releaseRows(input, { store }, unwatched);
    const page = await readFile(await store.open(report), 'utf8');
    assert.match(page, />filter<\/th><td[^>]*>11 kept, 1 dropped: 1 same-text</);
  });

  it('lists what the filter made and read among the artifacts of the run', async () => {
    const { manifest } = await readManifest(small.folder);
    const { filter } = small.run;
    assert.equal(manifest.artifacts['filter.dropped'], filter?.dropped.uri);
    assert.equal(manifest.artifacts['filter.against.0'], filter?.against[0]?.uri);
  });

  it('finds counts of the filter that do not add up', async () => {
    const opened = await openRelease(small.folder, (await readManifest(small.folder)).manifest);
    const { run } = opened.contents;
    assert.ok(run?.filter);
    const filter = { ...run.filter, droppedBy: { refusal: 2 } };
    const { detail } = checkSums({ ...opened, contents: { ...opened.contents, run: { ...run, filter } } });
    assert.match(detail, /rows dropped by the filter/);
  });
});

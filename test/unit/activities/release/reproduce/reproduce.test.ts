import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../../../../activities/artifacts/digest.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { digestOfManifest, type ReleaseManifest } from '../../../../../activities/release/manifest.ts';
import { checkSums } from '../../../../../activities/release/reproduce/check-texts.ts';
import type { Claim } from '../../../../../activities/release/reproduce/claims.ts';
import { openRelease, readManifest } from '../../../../../activities/release/reproduce/opened-release.ts';
import { reproduce } from '../../../../../activities/release/reproduce/reproduce.ts';
import { imported } from '../../../../../workflows/decisions/generation-state.ts';
import { type SmallRun, smallRun } from '../small-run.ts';

describe('reproducing a release', () => {
  let small: SmallRun;
  let scratch: string;
  before(async () => {
    small = await smallRun();
    scratch = await mkdtemp(join(tmpdir(), 'alpaca-spoilt-'));
  });
  after(async () => {
    await small[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true, force: true });
  });

  const sources = () => ({ store: small.store, profiles: small.profiles });
  const differing = (claims: readonly Claim[]) =>
    claims.filter(({ verdict }) => verdict === 'differs').map(({ claim, detail }) => `${claim}: ${detail}`);

  it('checks what its own files show, and says of the rest what it takes', async () => {
    const claims = await reproduce(small.folder, null, unwatched);
    assert.deepEqual(differing(claims), []);
    const open = claims.filter(({ verdict }) => verdict === 'not checkable').map(({ claim }) => claim);
    assert.deepEqual(open, [
      'the weights are those that the run trained',
      'what the steps made is in the store',
      'the rows follow from the ledger',
      'the kept rows follow from the accepted ones',
      'the tokens follow from the rows',
      'the training went by the plan',
      'the win rate follows from the annotations',
      'the weights follow from the training',
      'losses and exact match follow from the weights',
    ]);
  });

  it('finds that the counts of a run on imported rows add up', async () => {
    const opened = await openRelease(small.folder, (await readManifest(small.folder)).manifest);
    const { run } = opened.contents;
    assert.ok(run?.generate);
    const generate = { ...imported(run.generate.data), costUsd: run.generate.costUsd };
    const contents = { ...opened.contents, run: { ...run, generate } };
    const { detail } = checkSums({ ...opened, contents });
    assert.doesNotMatch(detail, /rows asked for|rows parsed|rows accepted/);
  });

  it('with the store makes rows, tokens and plan again, and leaves the store as it was', async () => {
    const before = await digestOf(small.store.root);
    const claims = await reproduce(small.folder, sources(), unwatched);
    assert.deepEqual(differing(claims), []);
    const open = claims.filter(({ verdict }) => verdict === 'not checkable').map(({ claim }) => claim);
    assert.deepEqual(open, [
      'the weights are those that the run trained',
      'the weights follow from the training',
      'losses and exact match follow from the weights',
    ]);
    assert.deepEqual(
      claims.find(({ claim }) => claim === 'the rows follow from the ledger')?.detail,
      '12 rows of 3 requests, byte for byte from the completions of the ledger "default"',
    );
    assert.equal((await digestOf(small.store.root)).sha256, before.sha256);
  });

  it('checks a model that goes along, whole, as its difference and as a GGUF', async () => {
    const folder = await small.release({ weights: ['model', 'difference', 'gguf-q8_0'] });
    const claims = await reproduce(folder, null, unwatched);
    assert.deepEqual(differing(claims), []);
    assert.equal(
      claims.find(({ claim }) => claim === 'the weights are those that the run trained')?.detail,
      'model, difference, gguf-q8_0: what the run trained',
    );
    const gguf = join(folder, 'gguf-q8_0');
    const name = (await readdir(gguf)).find((file) => file.endsWith('.gguf')) ?? '';
    assert.deepEqual((await readdir(gguf)).sort(), ['Modelfile', 'README.md', name].sort());
    const bytes = await readFile(join(gguf, name));
    await writeFile(join(gguf, name), bytes.fill(1, bytes.length - 32));
    assert.match(
      differing(await reproduce(folder, null, unwatched)).join('\n'),
      new RegExp(`gguf-q8_0/${name} is not the model in model/`),
    );
  });

  describe('finds and names', () => {
    let spoilt: string;
    const spoil = async (name: string, change: (text: string) => string) => {
      const path = join(spoilt, name);
      const text = await readFile(path, 'utf8');
      assert.notEqual(change(text), text);
      await writeFile(path, change(text));
    };
    /** Changes the manifest, and its digest of itself with it, as someone would who knows how. */
    const forge = (change: (manifest: ReleaseManifest) => void) =>
      spoil('manifest.json', (text) => {
        const manifest: ReleaseManifest = JSON.parse(text);
        change(manifest);
        manifest.digest = digestOfManifest(manifest);
        return JSON.stringify(manifest);
      });
    const found = async (withStore = false) =>
      differing(await reproduce(spoilt, withStore ? sources() : null, unwatched)).join('\n');

    const given = (what: string, test: () => Promise<void>) =>
      it(what, async () => {
        spoilt = await mkdtemp(join(scratch, 'release-'));
        await cp(small.folder, spoilt, { recursive: true });
        await test();
      });

    given('one byte of a row', async () => {
      await spoil('alpaca_data.json', (text) => text.replace('Explain a0', 'Explain A0'));
      const differences = await found();
      assert.match(differences, /every file is as it was written: alpaca_data\.json has the digest/);
      assert.match(differences, /row 0 of data\/train\.\w+ is another than in alpaca_data\.json/);
      assert.match(differences, /the digest of rows and provenance is [0-9a-f]{64}, not/);
    });

    given('one byte of any file', async () => {
      const { files = [] } = await digestOf(spoilt);
      assert.equal(files.length, 14);
      for (const { path } of files) {
        const bytes = await readFile(join(spoilt, path));
        const middle = bytes.length >> 1;
        await writeFile(join(spoilt, path), bytes.with(middle, (bytes[middle] ?? 0) ^ 1));
        assert.match(await found(), /./, path);
        await writeFile(join(spoilt, path), bytes);
      }
      assert.equal(await found(), '');
    });

    given('a missing file', async () => {
      await rm(join(spoilt, 'data', 'test.parquet'));
      assert.match(await found(), /every file is as it was written: data\/test\.parquet is missing/);
    });

    given('a file more', async () => {
      await writeFile(join(spoilt, 'more.txt'), 'more');
      assert.match(await found(), /more\.txt is not in the manifest/);
    });

    given('a missing data file, and does not go on with it', async () => {
      await rm(join(spoilt, 'alpaca_data.json'));
      assert.match(await found(), /every row says where it came from: There is no file alpaca_data\.json/);
    });

    given('a changed number in the manifest', async () => {
      await spoil('manifest.json', (text) => text.replace('"after": 2.4375', '"after": 1.4375'));
      const differences = await found();
      assert.match(differences, /the manifest is as it was written: the digest of the manifest is/);
      assert.match(differences, /DATASHEET\.md, line \d+ is ".*2\.438/);
    });

    given('a changed number in a manifest that was digested again', async () => {
      await forge((manifest) => Object.assign(manifest, { rows: 13 }));
      assert.equal(await found(), 'rows are counted right: the number of rows is 12, not 13');
    });

    given('a figure of the run that its artifacts do not bear out', async () => {
      await forge(({ run }) => Object.assign(run?.steps.evaluate?.pairwise ?? {}, { wins: 3, losses: 0 }));
      assert.match(
        await found(true),
        /the win rate follows from the annotations: wins is 2, not 3; losses is 1, not 0/,
      );
    });

    given('a row that no completion of the ledger has', async () => {
      await spoil('provenance.jsonl', (text) => text.replace('"segment":0', '"segment":1'));
      assert.match(await found(), /the rows are those that the run kept/);
    });

    given('a row moved to another split', async () => {
      const [line = ''] = (await readFile(join(spoilt, 'data', 'test.jsonl'), 'utf8')).split('\n');
      await writeFile(join(spoilt, 'data', 'test.jsonl'), '');
      await spoil('data/train.jsonl', (text) => `${text}${line}\n`);
      assert.match(await found(), /data\/test\.jsonl has 0 rows, not 1/);
    });

    given('a card that promises more', async () => {
      await spoil('model/README.md', (text) => text.replace('62.5%', '92.5%'));
      assert.match(await found(), /model\/README\.md, line \d+ is ".*92\.5%.*", and rows and manifest give/);
    });
  });

  it('does not compare texts that another version worded', async () => {
    const other = await mkdtemp(join(scratch, 'release-'));
    await cp(small.folder, other, { recursive: true });
    const path = join(other, 'manifest.json');
    const manifest: ReleaseManifest = JSON.parse(await readFile(path, 'utf8'));
    manifest.wording = '0'.repeat(64);
    manifest.digest = digestOfManifest(manifest);
    await writeFile(path, JSON.stringify(manifest));
    const claims = await reproduce(other, null, unwatched);
    assert.deepEqual(differing(claims), []);
    const cards = claims.find(({ claim }) => claim === 'the cards say what the run measured');
    assert.equal(cards?.detail, 'another state of alpaca-temporal 0.1.0 worded the cards than this one');
  });

  it('says what the store lacks', async () => {
    const empty = createLocalStore({ root: join(scratch, 'empty') });
    const claims = await reproduce(small.folder, { ...sources(), store: empty }, unwatched);
    assert.deepEqual(differing(claims), []);
    const rows = claims.find(({ claim }) => claim === 'the rows follow from the ledger');
    assert.equal(rows?.verdict, 'not checkable');
    assert.match(rows?.detail ?? '', /has no artifact:\/\/seed-tasks\//);
  });

  it('refuses a folder that is no release', async () => {
    await assert.rejects(reproduce(scratch, null, unwatched), {
      code: 'NotFound',
      message: /is no release: it has no manifest\.json/,
    });
  });
});

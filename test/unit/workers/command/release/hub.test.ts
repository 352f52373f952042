import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openHub } from '../../../../../workers/command/release/hub.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { startFakeHub } from '../fake-hub.ts';

const unaborted = new AbortController().signal;

describe('an upload to the hub', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-hub-'));
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'README.md'), '# card\n');
    await writeFile(join(folder, 'data', 'train.parquet'), 'PAR1 large PAR1');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('makes a private repository and commits every file to it, with the token of the environment', async (test) => {
    const fake = disposedAfter(test, await startFakeHub());
    const hub = openHub({ HF_TOKEN: 'hf_secret', HF_ENDPOINT: fake.url }, {}, unaborted);
    const url = await hub.upload(folder, 'dataset', 'owner/colours');
    assert.equal(url, 'http://hub.test/commit/abc');
    assert.deepEqual(fake.made, [
      { name: 'colours', visibility: 'private', organization: 'owner', type: 'dataset' },
    ]);
    assert.deepEqual([...fake.files].map(([path, bytes]) => [path, bytes.toString('utf8')]).sort(), [
      ['README.md', '# card\n'],
      ['data/train.parquet', 'PAR1 large PAR1'],
    ]);
    assert.deepEqual([...fake.tokens], ['Bearer hf_secret']);
    assert.equal(fake.requests.at(-1), 'POST /api/datasets/owner/colours/commit/main');
  });

  it('uploads a model to a model repository, a public one where that is said', async (test) => {
    const fake = disposedAfter(test, await startFakeHub());
    const env = { HF_TOKEN: 'hf_secret', HF_ENDPOINT: `${fake.url}/` };
    await openHub(env, { public: true }, unaborted).upload(folder, 'model', 'owner/tuned');
    assert.deepEqual(fake.made, [
      { name: 'tuned', visibility: 'public', organization: 'owner', type: 'model' },
    ]);
    assert.equal(fake.requests.at(-1), 'POST /api/models/owner/tuned/commit/main');
  });

  it('says which variable is missing or wrong, before anything is sent', async () => {
    assert.throws(() => openHub({}, {}, unaborted), {
      code: 'Configuration',
      message: /Set HF_TOKEN to a token/,
    });
    assert.throws(() => openHub({ HF_TOKEN: 'sk-1' }, {}, unaborted), /HF_TOKEN is no token of the hub/);
    assert.throws(() => openHub({ HF_TOKEN: 'hf_x' }, { upload: 'colours' }, unaborted), {
      name: 'UsageError',
      message: /give OWNER\/NAME/,
    });
  });

  it('tells what the hub refused, and never the token, though the hub repeats it', async (test) => {
    for (const [status, code] of [
      [401, 'Authentication'],
      [403, 'Permission'],
      [500, 'Configuration'],
    ] as const) {
      const fake = disposedAfter(test, await startFakeHub({ refuse: status }));
      const hub = openHub({ HF_TOKEN: 'hf_secret', HF_ENDPOINT: fake.url }, {}, unaborted);
      await assert.rejects(
        hub.upload(folder, 'dataset', 'owner/colours'),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message, /owner\/colours/);
          assert.match(error.message, /Bearer \[key\]/);
          assert.doesNotMatch(error.message, /hf_secret/);
          return true;
        },
      );
    }
  });

  it('is sent nowhere else, wherever the hub sends it', async (test) => {
    const elsewhere = disposedAfter(test, await startFakeHub());
    const fake = disposedAfter(test, await startFakeHub({ refuse: 307, location: elsewhere.url }));
    const hub = openHub({ HF_TOKEN: 'hf_secret', HF_ENDPOINT: fake.url }, {}, unaborted);
    await assert.rejects(hub.upload(folder, 'dataset', 'owner/colours'), {
      code: 'Configuration',
      message: /sends the upload to owner\/colours elsewhere/,
    });
    assert.deepEqual(elsewhere.requests, []);
  });
});

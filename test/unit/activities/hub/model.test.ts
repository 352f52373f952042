import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { HubCache } from '../../../../activities/hub/hub-cache.ts';
import { fetchModel } from '../../../../activities/hub/model.ts';
import type { HubRepository as Named } from '../../../../workflows/contracts/data/hub.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { type HubRepository, startHubServer } from './hub-server.ts';

const COMMIT = 'a'.repeat(40);
const WEIGHTS = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));

const MODEL: HubRepository = {
  commit: COMMIT,
  revisions: ['main', 'v1.0'],
  files: new Map([
    ['config.json', Buffer.from('{"a": 1}')],
    ['tokenizer.json', Buffer.from('{}')],
    ['model.safetensors', WEIGHTS],
    ['consolidated.safetensors', WEIGHTS],
    ['pytorch_model.bin', WEIGHTS],
    ['training_args.bin', Buffer.from('x')],
    ['README.md', Buffer.from('# Card')],
  ]),
};
const TINY: Named = { type: 'model', name: 'owner/tiny', revision: 'main' };

const folderOf = async (
  model: Named,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void = () => {},
): Promise<string> => (await fetchModel(model, { env, say })).path;

describe('a model that is named as the hub names it', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-from-hub-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('is fetched into the cache of the hub’s own libraries: what a model needs, once', async (test) => {
    const hub = disposedAfter(test, await startHubServer({ 'owner/tiny': MODEL }));
    const env = { HF_HOME: join(root, 'once'), HF_ENDPOINT: hub.url };
    const folder = await folderOf(TINY, env);
    const cache = join(root, 'once', 'hub', 'models--owner--tiny');
    assert.equal(folder, join(cache, 'snapshots', COMMIT));
    assert.deepEqual((await readdir(folder)).sort(), [
      ...['README.md', 'config.json', 'model.safetensors', 'tokenizer.json'],
    ]);
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
    assert.equal(
      await readlink(join(folder, 'config.json')),
      '../../blobs/4a036f56bb619924ec4189bd84ed716c766971ae',
    );
    assert.equal(await readFile(join(cache, 'refs', 'main'), 'utf8'), COMMIT);
    hub.requests.length = 0;
    assert.equal(await folderOf({ ...TINY, revision: 'v1.0' }, env), folder);
    assert.deepEqual(hub.requests, [
      'GET /api/models/owner/tiny/revision/v1.0',
      `GET /api/models/owner/tiny/tree/${COMMIT}`,
    ]);
    hub.requests.length = 0;
    assert.equal(await folderOf({ ...TINY, revision: COMMIT }, env), folder);
    assert.deepEqual(hub.requests, []);
  });

  it('goes on where a connection ended', async (test) => {
    const hub = disposedAfter(test, await startHubServer({ 'owner/tiny': MODEL }));
    const env = { HF_HOME: join(root, 'resumed'), HF_ENDPOINT: hub.url };
    hub.cutAfter = 100_000;
    await assert.rejects(folderOf(TINY, env), { code: 'HubAway' });
    hub.requests.length = 0;
    const folder = await folderOf(TINY, env);
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
    const resumed = hub.requests.find((line) => / from \d+$/.test(line)) ?? '';
    assert.match(resumed, /model\.safetensors from (?!0$)\d+$/);
  });

  it('is not taken for whole where a fetch ended on its way, or another program fetched no tokenizer', async (test) => {
    const files = new Map([
      ['config.json', Buffer.from('{}')],
      ['model.safetensors', WEIGHTS],
      ['tokenizer.json', Buffer.alloc(400_000, ' ')],
    ]);
    const hub = disposedAfter(test, await startHubServer({ 'owner/tiny': { ...MODEL, files } }));
    const env = { HF_HOME: join(root, 'ended'), HF_ENDPOINT: hub.url };
    const pinned = { ...TINY, revision: COMMIT };
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    hub.cutAfter = 350_000;
    await assert.rejects(folderOf(pinned, env), { code: 'HubAway' });
    await assert.rejects(folderOf(pinned, offline), { code: 'Configuration' });
    const folder = await folderOf(pinned, env);
    assert.equal(await folderOf(pinned, offline), folder);
    await rm(join(folder, 'tokenizer.json'));
    await assert.rejects(folderOf(pinned, offline), { code: 'Configuration' });
    assert.equal(await folderOf(pinned, env), folder);
    assert.equal((await readFile(join(folder, 'tokenizer.json'))).length, 400_000);
  });

  it('is not kept where a file is not as its digest says', async (test) => {
    const hub = disposedAfter(
      test,
      await startHubServer({ 'owner/tiny': MODEL }, { damaged: 'model.safetensors' }),
    );
    const env = { HF_HOME: join(root, 'damaged'), HF_ENDPOINT: hub.url };
    await assert.rejects(folderOf(TINY, env), {
      code: 'CorruptArtifact',
      message: /model\.safetensors has another digest than the hub says/,
    });
    const blobs = await readdir(join(root, 'damaged', 'hub', 'models--owner--tiny', 'blobs'));
    assert.equal(blobs.filter((name) => name.length !== 40).length, 0);
  });

  it('needs no hub once it is cached, and says so', async () => {
    const env = { HF_HOME: join(root, 'away'), HF_ENDPOINT: '' };
    const hub = await startHubServer({ 'owner/tiny': MODEL });
    try {
      env.HF_ENDPOINT = hub.url;
      await folderOf(TINY, env);
      hub.requests.length = 0;
      await folderOf(TINY, { ...env, HF_HUB_OFFLINE: '1' });
      assert.deepEqual(hub.requests, []);
    } finally {
      await hub[Symbol.asyncDispose]();
    }
    const said: string[] = [];
    await folderOf(TINY, env, (line) => said.push(line));
    assert.deepEqual(said, [`${env.HF_ENDPOINT} does not answer: owner/tiny is taken as the cache has it.`]);
    await assert.rejects(folderOf({ ...TINY, name: 'owner/other' }, env), {
      code: 'HubAway',
      message: /^owner\/other is not in the cache of the hub, and http:.* does not answer\./,
    });
  });

  it('comes with a token, and where it is gated says where access is given', async (test) => {
    const hub = disposedAfter(test, await startHubServer({ 'owner/gated': { ...MODEL, gated: true } }));
    const env = { HF_HOME: join(root, 'gated'), HF_ENDPOINT: hub.url };
    const gated = { ...TINY, name: 'owner/gated' };
    await assert.rejects(folderOf(gated, env), {
      code: 'Permission',
      message: new RegExp(`^owner/gated is gated: its owner gives access at ${hub.url}/owner/gated\\.`),
    });
    await folderOf(gated, { ...env, HF_TOKEN: 'hf_may' });
    assert.ok(hub.tokens.has('Bearer hf_may'));
    await assert.rejects(folderOf(gated, { ...env, HF_TOKEN: 'secret' }), {
      code: 'Configuration',
      message: /^HF_TOKEN is no token of the hub/,
    });
  });

  it('that is not there, or has nothing that is read, is said so', async (test) => {
    const old = new Map([
      ['config.json', Buffer.from('{}')],
      ['model.Q4_K_M.gguf', WEIGHTS],
    ] as const);
    const hub = disposedAfter(test, await startHubServer({ 'owner/old': { ...MODEL, files: old } }));
    const env = { HF_HOME: join(root, 'none'), HF_ENDPOINT: hub.url };
    await assert.rejects(folderOf(TINY, env), {
      code: 'NotFound',
      message: /^There is no folder owner\/tiny, and the hub shows no owner\/tiny@main\./,
    });
    await assert.rejects(folderOf({ ...TINY, name: 'owner/old' }, env), {
      code: 'NotFound',
      remedy: /hf download owner\/old model\.Q4_K_M\.gguf --local-dir FOLDER/,
    });
  });

  it('is whole where two fetch it at once, and goes on with what one that was killed has left', async () => {
    const cache = new HubCache(TINY, { HF_HOME: join(root, 'at-once') });
    const value = createHash('sha256').update(WEIGHTS).digest('hex');
    const file = {
      path: 'model.safetensors',
      size: WEIGHTS.length,
      digest: { algorithm: 'sha256', value },
    } as const;
    const asked: number[] = [];
    const bytesFrom = (from: number) => {
      asked.push(from);
      return Readable.from([WEIGHTS.subarray(from, 200_000), WEIGHTS.subarray(200_000)]);
    };
    let other = '';
    const slowly = async function* (from: number) {
      for await (const bytes of bytesFrom(from)) {
        yield bytes;
        other ||= await cache.add(COMMIT, file, bytesFrom);
      }
    };
    assert.equal(await cache.add(COMMIT, file, slowly), other);
    assert.deepEqual(await readFile(other), WEIGHTS);
    const blobs = join(root, 'at-once', 'hub', 'models--owner--tiny', 'blobs');
    assert.deepEqual([asked.splice(0), await readdir(blobs)], [[0, 0], [value]]);

    const partOf = (pid: number) =>
      join(blobs, `${value}.alpaca.${hostname()}.${pid}.0123456789ab.incomplete`);
    const killed = spawnSync(process.execPath, ['--version']).pid;
    await rm(join(blobs, value));
    for (const pid of [killed, process.ppid])
      await writeFile(partOf(pid), WEIGHTS.subarray(0, pid === killed ? 1000 : 2000));
    await cache.add(COMMIT, file, bytesFrom);
    assert.deepEqual(await readFile(other), WEIGHTS);
    assert.deepEqual(
      [asked, (await readdir(blobs)).sort()],
      [[1000], [value, basename(partOf(process.ppid))]],
    );

    await writeFile(join(blobs, value), 'changed');
    await cache.add(COMMIT, file, bytesFrom);
    assert.deepEqual(await readFile(other), WEIGHTS);
  });

  it('is nowhere else than in the cache, whatever the hub calls its files', async () => {
    const cache = new HubCache(TINY, { HF_HOME: join(root, 'outside') });
    const digest = { algorithm: 'sha256', value: 'c'.repeat(64) } as const;
    for (const path of ['../x', '/x', 'a/../../../x', 'a\\x'])
      await assert.rejects(
        cache.add(COMMIT, { path, size: 1, digest }, () => Readable.from(['x'])),
        {
          code: 'CorruptArtifact',
          message: /^The hub lists a file that can be none/,
        },
      );
    const odd = { path: 'x', size: 1, digest: { ...digest, value: '../../x' } };
    await assert.rejects(
      cache.add(COMMIT, odd, () => Readable.from(['x'])),
      { code: 'CorruptArtifact' },
    );
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { fetchRows, readHubRows } from '../../../../activities/hub/data-set.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { startHubServer } from './hub-server.ts';

const COMMIT = 'b'.repeat(40);

const shard = (first: number) =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: ['instruction', 'output'].map((name) => ({
        name,
        data: [`${name} ${first}`, `${name} ${first + 1}`],
        type: 'STRING',
      })),
    }),
  );

const ROWS = {
  commit: COMMIT,
  revisions: ['main', 'v1'],
  files: new Map([
    ['README.md', Buffer.from('# Rows')],
    ['data/train-00000-of-00002.parquet', shard(0)],
    ['data/train-00001-of-00002.parquet', shard(2)],
    ['more/rows.json', Buffer.from('[{\n "instruction": "a"},\n{"instruction": "b"}]')],
    ['more/rows.csv', Buffer.from('instruction,output\n"a, b",c\n')],
    ['more/bad.json', Buffer.from('[{"instruction":\n"a"}, {"instruction"\n:}]')],
  ]),
};

describe('rows of a data set of the hub', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-hub-rows-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const fetched = (source: string, env: NodeJS.ProcessEnv) =>
    fetchRows(readHubRows(source), { env, say: () => {} });

  it('are one file of lines, of all shards in order, fetched once and kept for when the hub is away', async (test) => {
    const hub = disposedAfter(test, await startHubServer({ 'datasets/owner/rows': ROWS }));
    const env = { HF_HOME: join(root, 'once'), HF_ENDPOINT: hub.url };
    const { path, commit } = await fetched('hf:owner/rows#train', env);
    assert.deepEqual([commit, path.endsWith('/rows.jsonl')], [COMMIT, true]);
    assert.equal(
      await readFile(path, 'utf8'),
      [0, 1, 2, 3].map((i) => `{"instruction":"instruction ${i}","output":"output ${i}"}\n`).join(''),
    );
    const wanted = hub.requests.filter((line) => line.includes('/resolve/'));
    assert.ok(
      wanted.every((line) => !line.includes('more/')),
      wanted.join('\n'),
    );
    hub.requests.length = 0;
    assert.equal((await fetched(`hf:owner/rows@${COMMIT}#train`, env)).path, path);
    assert.equal((await fetched('hf:owner/rows#train', { ...env, HF_HUB_OFFLINE: '1' })).path, path);
    assert.deepEqual(hub.requests, []);
    await assert.rejects(fetched('hf:owner/rows#more/rows.csv', { ...env, HF_HUB_OFFLINE: '1' }), {
      code: 'Configuration',
      message: /^owner\/rows is not in the cache of the hub, and HF_HUB_OFFLINE is set/,
    });
  });

  it('may be JSON and CSV, and what is no row is named by file and place', async (test) => {
    const hub = disposedAfter(test, await startHubServer({ 'datasets/owner/rows': ROWS }));
    const env = { HF_HOME: join(root, 'forms'), HF_ENDPOINT: hub.url };
    const text = async (part: string) =>
      readFile((await fetched(`hf:owner/rows@v1#${part}`, env)).path, 'utf8');
    assert.equal(await text('more/rows.json'), '{"instruction":"a"}\n{"instruction": "b"}\n');
    assert.equal(await text('more/rows.csv'), '{"instruction":"a, b","output":"c"}\n');
    await assert.rejects(text('more/bad.json'), {
      code: 'InvalidInput',
      message: /^owner\/rows, more\/bad\.json, element 2: no valid JSON/,
    });
  });

  it('that are gated or not there are said so', async (test) => {
    const hub = disposedAfter(
      test,
      await startHubServer({ 'datasets/owner/gated': { ...ROWS, gated: true } }),
    );
    const env = { HF_HOME: join(root, 'gated'), HF_ENDPOINT: hub.url };
    await assert.rejects(fetched('hf:owner/gated', env), {
      code: 'Permission',
      message: new RegExp(
        `^owner/gated is gated: its owner gives access at ${hub.url}/datasets/owner/gated\\.`,
      ),
    });
    await assert.rejects(fetched('hf:owner/none', env), {
      code: 'NotFound',
      message: /^The hub shows no data set owner\/none@main\./,
    });
    await assert.rejects(async () => fetched('hf:none', env), {
      code: 'InvalidInput',
      message: /^hf:none is no name of a data set/,
    });
  });
});

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createS3Store } from '../../../../../activities/artifacts/stores/s3-store.ts';
import { type LedgerEntry, openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { RecentRecords } from '../../../../../activities/teacher/ledger/recent-records.ts';
import { scriptedS3 } from '../../artifacts/stores/scripted-s3.ts';

const entry: LedgerEntry = {
  key: 'ab12',
  occurrence: 0,
  request: { style: 'chat', model: 'm' },
  outcome: 'answered',
  text: 'the answer',
  finishReason: 'stop',
  usage: null,
  maxTokens: 10,
  costUsd: 0,
  model: 'm',
  profile: 'p',
  paidBy: 'run/0/0',
  time: '2026-01-02T03:04:05.678Z',
};

describe('records that a worker keeps in memory', () => {
  it('are the latest, within a bound of bytes', () => {
    const recent = new RecentRecords(10);
    for (const path of ['one', 'two', 'three']) recent.keep(path, Buffer.from('1234'));
    assert.deepEqual(
      ['one', 'two', 'three'].map((path) => recent.get(path)?.toString()),
      [undefined, '1234', '1234'],
    );
  });

  it('are read without a request where the ledger is in a bucket, and only where this worker won them', async () => {
    let isWon = true;
    const server = await scriptedS3(({ method }) => {
      if (method === 'GET') return { status: 404, code: 'NoSuchKey' };
      return isWon ? null : { status: 412, code: 'PreconditionFailed' };
    });
    try {
      const cache = { folder: join(tmpdir(), 'alpaca-never-made'), mostBytes: 1e9 };
      const ledger = openLedger(createS3Store({ url: server.url, cache }), 'main');
      assert.equal(await ledger.record(entry), true);
      assert.deepEqual(await ledger.read('ab12'), entry);
      isWon = false;
      assert.equal(await ledger.record({ ...entry, key: 'cd34' }), false);
      assert.equal(await ledger.read('cd34'), null);
      assert.deepEqual(
        server.asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`),
        [
          'PUT prefix/entries/ledger/main/ab/ab12.json',
          'PUT prefix/entries/ledger/main/cd/cd34.json',
          'GET prefix/entries/ledger/main/cd/cd34.json',
        ],
      );
    } finally {
      await server.close();
    }
  });
});

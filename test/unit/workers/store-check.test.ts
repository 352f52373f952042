import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import { createLocalStore } from '../../../activities/artifacts/stores/local-store.ts';
import { storeCheck } from '../../../workers/store-check.ts';
import { STORE_WITNESS } from '../../../workflows/decisions/store-witness.ts';

describe('an attempt of a run that has made something', () => {
  let root: string;
  let witness: string;
  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), 'alpaca-check-')), 'store');
    const made = await createLocalStore({ root }).putFile('pool', 'pool.json', '{}', { madeBy: 'test' });
    witness = made.uri;
  });
  afterEach(() => rm(join(root, '..'), { recursive: true }));

  const attempt = async (told: string | null) => {
    const headers = told === null ? {} : { [STORE_WITNESS]: defaultPayloadConverter.toPayload(told) };
    return storeCheck(createLocalStore({ root })).execute?.({ args: [], headers }, async () => 'begun');
  };

  it('begins over a store that has it', async () => {
    assert.equal(await attempt(witness), 'begun');
  });

  it('does not begin where the store is to be mounted, and waits for it', async () => {
    const away = { type: 'StoreAway', nonRetryable: false, message: new RegExp(`it lacks ${witness}`) };
    await rename(root, `${root}-elsewhere`);
    await assert.rejects(attempt(witness), away);
    await mkdir(root);
    await assert.rejects(attempt(witness), away);
  });

  it('does not begin over another store', async () => {
    await rm(root, { recursive: true });
    await createLocalStore({ root }).putFile('pool', 'pool.json', '{"other":1}', { madeBy: 'test' });
    await assert.rejects(attempt(witness), { type: 'StoreAway' });
  });

  it('begins over a new store where the run has made nothing yet: what a person named wrongly ends it', async () => {
    await rm(root, { recursive: true });
    assert.equal(await attempt(null), 'begun');
    await assert.rejects(createLocalStore({ root }).locate(witness), { code: 'NotFound' });
  });
});

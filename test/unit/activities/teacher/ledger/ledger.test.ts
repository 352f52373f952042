import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TeacherRequest } from '../../../../../activities/teacher/client.ts';
import {
  freePlace,
  type Intent,
  isOpen,
  type LedgerEntry,
  ledgerKey,
  openLedger,
} from '../../../../../activities/teacher/ledger/ledger.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../../generate/generation-fixture.ts';

const request: TeacherRequest = {
  style: 'chat',
  model: 'm',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['\n20', '20.', '20.'],
  messages: [{ role: 'user', content: 'Go on.' }],
};
const key = ledgerKey(request, 0);
const entry: LedgerEntry = {
  key,
  occurrence: 0,
  request: { ...request },
  outcome: 'answered',
  text: 'the answer',
  finishReason: 'stop',
  usage: { promptTokens: 100, completionTokens: 10 },
  maxTokens: 3072,
  costUsd: 0.00012,
  model: 'm-2026',
  profile: 'p',
  paidBy: 'run/0/0',
  time: '2026-01-02T03:04:05.678Z',
};
const intent: Intent = {
  profile: 'p',
  worstCaseUsd: 0.01,
  paidBy: 'run/0/0',
  time: '2026-01-02T03:04:05.678Z',
};

describe('a ledger key', () => {
  it('is the digest of the canonical original request and its occurrence', () => {
    // sha256 of {"occurrence":0,"request":{"maxTokens":3072,"messages":[{"content":"Go on.","role":"user"}],
    // "model":"m","stop":["\n20","20.","20."],"style":"chat","temperature":1,"topP":1}}, as one line
    assert.equal(key, '135e749cff8d88a9c8a5d7ed1dda6d5606e96e6539e6321e5e79486bdc3bd5c9');
  });

  it('does not depend on the order of fields', () => {
    const { messages, ...rest } = request;
    assert.equal(ledgerKey({ messages, ...rest }, 0), key);
  });

  it('differs by occurrence and by every parameter', () => {
    const others = [
      ledgerKey(request, 1),
      ledgerKey({ ...request, model: 'n' }, 0),
      ledgerKey({ ...request, temperature: 0.9 }, 0),
      ledgerKey({ ...request, maxTokens: 2457 }, 0),
      ledgerKey({ ...request, stop: [] }, 0),
      ledgerKey({ ...request, messages: [{ role: 'user', content: 'Go on' }] }, 0),
    ];
    assert.equal(new Set([key, ...others]).size, 7);
  });
});

describe('the ledger', () => {
  it('keeps an outcome under its key, the first one for good', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const ledger = openLedger(temporary.store, 'main');
    assert.equal(await ledger.read(key), null);
    assert.equal(await ledger.record(entry), true);
    assert.equal(await ledger.record({ ...entry, text: 'another' }), false);
    assert.deepEqual(await ledger.read(key), entry);
    assert.deepEqual(await temporary.store.listEntries('ledger'), [`main/${key.slice(0, 2)}/${key}.json`]);
  });

  it('is apart from a ledger of another name', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    await openLedger(temporary.store, 'main').record(entry);
    assert.equal(await openLedger(temporary.store, 'other').read(key), null);
  });

  it('lets one intent of an asking be open at a time, until it is closed', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const ledger = openLedger(temporary.store, 'main');
    const openIntent = async (place: number) => (await ledger.intents(key)).filter(isOpen)[place] ?? null;
    assert.equal(await openIntent(0), null);
    assert.equal(await ledger.declareIntent(key, 0, intent), true);
    assert.equal(await ledger.declareIntent(key, 0, intent), false);
    assert.deepEqual(await openIntent(0), intent);
    assert.equal(await openIntent(1), null);
    await ledger.closeIntent(key, 0, intent, 'RateLimited');
    assert.equal(await openIntent(0), null);
    assert.equal(await ledger.declareIntent(key, 0, { ...intent, paidBy: 'another run/0/0' }), false);
    assert.equal(await ledger.declareIntent(key, 0, intent), true);
    assert.deepEqual(await openIntent(0), intent);
  });

  it('lets one of many declare itself behind an intent that another has closed', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const ledger = openLedger(temporary.store, 'main');
    await ledger.declareIntent(key, 0, intent);
    await ledger.closeIntent(key, 0, intent, 'TeacherUnavailable');
    const declared = await Promise.all(
      [1, 2, 3, 4, 5].map(async (run) => {
        const { store } = temporary;
        const paidBy = `run ${run}/0/0`;
        const place = freePlace(await ledger.intents(key), paidBy);
        return openLedger(store, 'main').declareIntent(key, place, { ...intent, paidBy });
      }),
    );
    assert.equal(declared.filter(Boolean).length, 1);
  });

  it('gives an asking its own place again once it is closed, and else one behind all others', () => {
    const closed = { ...intent, closed: 'RateLimited: not now' };
    const others = { ...closed, paidBy: 'another run/0/0' };
    const { paidBy } = intent;
    assert.equal(freePlace([], paidBy), 0);
    assert.equal(freePlace([intent], paidBy), 1);
    assert.equal(freePlace([closed, intent], paidBy), 0);
    assert.equal(freePlace([others, intent], paidBy), 2);
    assert.equal(freePlace([others, closed], paidBy), 1);
  });

  it('names a damaged record and what deleting it would cost', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const path = `ledger/main/${key.slice(0, 2)}/${key}.json`;
    await temporary.store.writeEntry(path, '{"key": "');
    await assert.rejects(openLedger(temporary.store, 'main').read(key), {
      code: 'CorruptArtifact',
      message: new RegExp(`${key}.json is damaged.*paid for again`),
    });
  });
});

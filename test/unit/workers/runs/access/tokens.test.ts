import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { Allowance } from '../../../../../workers/runs/access/allowance.ts';
import {
  createToken,
  listTokens,
  revokeToken,
  tokenReader,
  visitorOf,
} from '../../../../../workers/runs/access/tokens.ts';
import { requireRole, type Visitor } from '../../../../../workers/runs/access/visitor.ts';

const NOON = new Date('2026-11-29T12:00:00.000Z');

describe('a token', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-tokens-'));
    store = createLocalStore({ root });
  });
  after(() => rm(root, { recursive: true, force: true }));

  const make = (about: { expiresAt?: string } = {}) =>
    createToken(store, { name: 'nightly', role: 'spend', usdPerDay: 5, expiresAt: null, ...about }, NOON);

  it('names its visitor, and is kept as a digest', async () => {
    const { token, listing } = await make();
    assert.match(token, /^alpaca_[0-9a-f]{12}_[\w-]{43}$/);
    const visitor = { id: listing.id, name: 'nightly', role: 'spend', usdPerDay: 5 };
    assert.deepEqual(await visitorOf(store, token, NOON), visitor);
    const secret = token.slice(-43);
    const folder = join(root, 'entries', 'access', 'tokens');
    for (const name of await readdir(folder))
      assert.ok(!(await readFile(join(folder, name), 'utf8')).includes(secret));
  });

  it('opens nothing where a character of it is another, or it was never made', async () => {
    const { token } = await make();
    const last = token.endsWith('A') ? 'B' : 'A';
    assert.equal(await visitorOf(store, token.slice(0, -1) + last, NOON), null);
    assert.equal(await visitorOf(store, `alpaca_${'0'.repeat(12)}_${token.slice(-43)}`, NOON), null);
    assert.equal(await visitorOf(store, 'alpaca_../../x_', NOON), null);
  });

  it('opens nothing once it is over', async () => {
    const { token } = await make({ expiresAt: '2026-11-29T12:00:01.000Z' });
    assert.notEqual(await visitorOf(store, token, NOON), null);
    assert.equal(await visitorOf(store, token, new Date('2026-11-29T12:00:01.000Z')), null);
  });

  it('that is revoked opens nothing, in a service that knew it within five seconds', async () => {
    let now = NOON.getTime();
    const read = tokenReader(store, () => now);
    const { token, listing } = await make();
    assert.equal((await read(token))?.name, 'nightly');
    await revokeToken(store, listing.id, NOON);
    assert.equal(await visitorOf(store, token, NOON), null);
    now += 5000;
    assert.equal(await read(token), null);
    const listed = (await listTokens(store)).find(({ id }) => id === listing.id);
    assert.equal(listed?.revokedAt, NOON.toISOString());
  });

  it('that nobody made is not revoked', async () => {
    await assert.rejects(revokeToken(store, '../x'), { code: 'NotFound' });
    await assert.rejects(revokeToken(store, '0'.repeat(12)), { code: 'NotFound' });
  });
});

describe('a role', () => {
  it('may what those before it may, and is told which one it takes', () => {
    const runner: Visitor = { id: 'a', name: 'Ada', role: 'run', usdPerDay: 0 };
    requireRole(runner, 'read');
    requireRole(runner, 'run');
    assert.throws(() => requireRole(runner, 'spend'), {
      code: 'Permission',
      message:
        'This takes the role spend (grant runs budgets, up to so many dollars a day), and Ada has the role run. ' +
        'Make a token of that role with `npx alpaca token create NAME --role spend`.',
    });
  });
});

describe('what a visitor may grant in a day', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-allowance-'));
    store = createLocalStore({ root });
  });
  after(() => rm(root, { recursive: true, force: true }));

  const visitor = (id: string): Visitor => ({ id, name: 'Ada', role: 'spend', usdPerDay: 1 });

  it('is never passed, whoever asks at once through whichever service', async () => {
    const services = [new Allowance(store), new Allowance(store)];
    const asked = Array.from({ length: 40 }, (_, number) =>
      services[number % 2]?.book(visitor('many'), { usd: 0.1, to: `run ${number}` }, NOON),
    );
    const granted = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled');
    assert.equal(granted.length, 10);
  });

  it('says what is granted, and begins anew with the next day', async () => {
    const allowance = new Allowance(store);
    await allowance.book(visitor('one'), { usd: 0.75, to: 'a' }, NOON);
    await assert.rejects(allowance.book(visitor('one'), { usd: 0.5, to: 'b' }, NOON), {
      code: 'BudgetReached',
      message:
        'Ada may grant 1.00 USD a day, and has granted 0.75 USD of it today: 0.50 USD more would pass it. ' +
        'Ask for less, wait for the next day (UTC), or use a token with a higher bound.',
    });
    await allowance.book(visitor('one'), { usd: 0.5, to: 'b' }, new Date('2026-11-30T00:00:00.000Z'));
  });

  it('is used once by what is asked for again', async () => {
    for (let time = 0; time < 5; time += 1)
      await new Allowance(store).book(visitor('again'), { usd: 0.5, to: 'the same' }, NOON);
    await new Allowance(store).book(visitor('again'), { usd: 0.5, to: 'another' }, NOON);
  });
});

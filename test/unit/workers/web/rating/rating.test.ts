import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { assignedTo } from '../../../../../activities/rate/assignment.ts';
import { ratingService, type ScriptedRatings } from '../scripted-ratings.ts';

const MARKUP = '</script><script>alert(1)</script> ### Response:';
const pairs = [0, 1, 2].map((index) => ({
  ...{ dataset: '', instruction: `${MARKUP} ${index}`, input: index === 0 ? '<b>' : '' },
  ...{ answerA: `a ${index} ${MARKUP}`, generatorA: 'secret-tuned' },
  ...{ answerB: `b ${index}`, generatorB: 'secret-base' },
}));
const ADA = '1'.repeat(16);
const BO = '2'.repeat(16);
const OURS = { host: '127.0.0.1:8288', 'x-alpaca-rating': '1', 'sec-fetch-site': 'same-origin' };

describe('the rating pages', () => {
  let root: string;
  let app: FastifyInstance;
  let ratings: ScriptedRatings;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-rating-'));
    ({ app, ratings } = await ratingService(root, pairs));
  });
  after(async () => {
    await app.close();
    await rm(root, { recursive: true, force: true });
  });

  const get = (url: string) => app.inject({ url, headers: { host: OURS.host } });
  const post = (url: string, payload: unknown, headers: Record<string, string> = OURS) =>
    app.inject({
      ...{ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers } },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  const vote = (item: number, revision: number, choice: string) => ({ item, revision, choice });

  /** What a browser sends from then on that came by the start page. */
  const cookieOf = async () => {
    const page = await get('/rate/test');
    assert.equal(page.statusCode, 200);
    assert.match(page.body, /<form id="join" data-rating="test">/);
    const set = String(page.headers['set-cookie']);
    assert.match(set, /^alpaca-rater=[0-9a-f]{32}; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/);
    return set.slice(0, set.indexOf(';'));
  };
  const takeSeat = (cookie: string, body: unknown = {}) =>
    post('/api/rate/test/join', body, { ...OURS, ...(cookie === '' ? {} : { cookie }) });

  it('give a browser one seat, the same one again, and lead to it', async () => {
    const cookie = await cookieOf();
    const joined = await takeSeat(cookie);
    assert.deepEqual(joined.json(), { path: `/rate/test/${ADA}` });
    assert.deepEqual((await takeSeat(`other=1; ${cookie}`)).json(), joined.json());
    assert.equal((await get(`/rate/test/${ADA}`)).statusCode, 200);
    const again = await app.inject({ url: '/rate/test', headers: { host: OURS.host, cookie } });
    assert.equal(again.headers['set-cookie'], undefined);
  });

  it('open nobody’s ballot to whoever says a name, or knows what the server calls him', async () => {
    const named = String(ratings.seats[0]?.name);
    assert.match(named, /^[0-9a-f]{32}$/);
    for (const wrong of ['', 'alpaca-rater=', 'alpaca-rater=Ada', `alpaca-rater=${'x'.repeat(32)}`])
      assert.equal((await takeSeat(wrong)).statusCode, 400, wrong);
    assert.equal((await takeSeat(await cookieOf(), { name: 'Ada' })).statusCode, 400);
    // Its digest is no secret of a browser.
    assert.deepEqual((await takeSeat(`alpaca-rater=${named}`)).json(), { path: `/rate/test/${BO}` });
    const late = await takeSeat(await cookieOf());
    assert.equal(late.statusCode, 400);
    assert.match(late.json().error, /all seats are taken/);
  });

  it('give texts alone, in the rater’s order: no names, no word of which is whose', async () => {
    const list = assignedTo(ratings.plan, 0);
    for (const [place, { item, swapped }] of list.entries()) {
      const { body } = await get(`/api/rate/test/${ADA}/items/${place}`);
      const pair = pairs[item];
      assert.ok(pair);
      const { instruction, input, answerA, answerB } = pair;
      const answers = swapped ? [answerB, answerA] : [answerA, answerB];
      assert.deepEqual(JSON.parse(body), { instruction, input, answers });
    }
    const page = await get(`/rate/test/${ADA}`);
    assert.doesNotMatch(page.body, /secret|alert/);
    assert.doesNotMatch((await get(`/api/rate/test/${ADA}`)).body, /secret|seed|plan/);
  });

  it('take votes once, whatever arrives twice', async () => {
    const votes = { votes: [vote(0, 1, 'first'), vote(1, 1, 'skip')] };
    const first = await post(`/api/rate/test/${ADA}/votes`, votes);
    assert.deepEqual(first.json(), { standing: votes.votes, rated: 2 });
    assert.deepEqual((await post(`/api/rate/test/${ADA}/votes`, votes)).json(), first.json());
    assert.deepEqual((await get(`/api/rate/test/${ADA}`)).json(), {
      ...{ mode: 'pairwise', items: 3, finished: false },
      ...{ choices: ['first', 'skip', 'open'], revisions: [1, 1, 0] },
    });
  });

  it('keep the tally back until the rater is done', async () => {
    const early = await get(`/api/rate/test/${ADA}/tally`);
    assert.equal(early.statusCode, 403);
    assert.match(early.json().error, /shown to raters who are done/);
    assert.equal((await post(`/api/rate/test/${ADA}/finish`, {})).statusCode, 400);
    await post(`/api/rate/test/${ADA}/votes`, { votes: [vote(2, 1, 'tie')] });
    assert.deepEqual((await post(`/api/rate/test/${ADA}/finish`, {})).json(), { finished: true });
    const { summary, votes, raters, done } = (await get(`/api/rate/test/${ADA}/tally`)).json();
    assert.match(summary, /^A wins [01], B wins [01], 1 ties$/);
    assert.deepEqual([votes, raters, done], [2, 2, 1]);
    assert.equal((await get(`/api/rate/test/${BO}/tally`)).statusCode, 403);
  });

  it('say clearly what is wrong with a request', async () => {
    const votes = `/api/rate/test/${BO}/votes`;
    const answers = [
      [await post(votes, { votes: [] }), 400, /votes is \[\]: expected at least 1 element/],
      [await post(votes, { votes: [vote(0, 1, '<script>')] }), 400, /votes\.0\.choice is "<script>"/],
      [await post(votes, { votes: [vote(3, 1, 'tie')] }), 400, /there is no item 3/],
      [await post(votes, { votes: [vote(0, 1, 'A')] }), 400, /A is no choice here/],
      [await post(votes, {}), 400, /votes is missing/],
      [await post(votes, 'x{'), 400, /./],
      [await post(`/api/rate/test/${'3'.repeat(16)}/votes`, {}), 404, /no such rating/],
      [await post('/api/rate/test/..%2F..%2Fx/votes', {}), 404, /no such rater/],
      [await post(`/api/rate/other/${BO}/votes`, {}), 404, /no such rating/],
      [await get(`/api/rate/test/${BO}/items/3`), 404, /no item 3, only 3 from 0/],
      [await get(`/api/rate/test/${BO}/items/__proto__`), 404, /no item __proto__/],
      [await get('/rate/other'), 404, /no such rating/],
      [await post(votes, `"${'x'.repeat(20_000)}"`), 413, /too large/],
    ] as const;
    for (const [{ statusCode, body }, status, text] of answers) {
      assert.equal(statusCode, status, body);
      assert.match(JSON.parse(body).error, text);
    }
  });

  it('are not voted on from pages of other origins', async () => {
    const body = { votes: [vote(0, 1, 'first')] };
    const { host } = OURS;
    const without = { host, 'sec-fetch-site': 'same-origin' };
    for (const headers of [
      without,
      { ...OURS, 'sec-fetch-site': 'cross-site' },
      { ...OURS, 'sec-fetch-site': 'same-site' },
      { ...OURS, 'sec-fetch-site': 'none' },
      { host, 'x-alpaca-rating': '1', origin: 'http://evil.example' },
      { host, 'x-alpaca-rating': '1', origin: 'null' },
    ] as Record<string, string>[])
      assert.equal((await post(`/api/rate/test/${BO}/votes`, body, headers)).statusCode, 403);
    const own = { host, 'x-alpaca-rating': '1', origin: `http://${host}` };
    assert.equal((await post(`/api/rate/test/${BO}/votes`, body, own)).statusCode, 200);
    assert.equal((await post('/rate/test', {})).statusCode, 405);
  });

  it('limit how often one address asks, apart from the other pages', async () => {
    const limited = await ratingService(root, pairs, { ratingRequestsPerMinute: 1, requestsPerMinute: 1 });
    const ask = (url: string) => limited.app.inject({ url, headers: { host: OURS.host } });
    assert.equal((await ask(`/api/rate/test/${ADA}`)).statusCode, 200);
    assert.equal((await ask(`/api/rate/test/${'3'.repeat(16)}`)).statusCode, 429, 'a guess is no rater');
    assert.equal((await ask(`/api/rate/test/${ADA}`)).statusCode, 200);
    assert.equal((await ask(`/api/rate/test/${ADA}`)).statusCode, 429);
    await limited.app.close();
  });

  describe('where others can reach them', () => {
    const tokens = { host: '0.0.0.0', token: 'the-operator’s-token', ratersToken: 'the-raters’-token' };
    const [operator, raters] = [tokens.token, tokens.ratersToken].map(
      (password) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
    );
    const statusOf = async (guarded: FastifyInstance, url: string, authorization = '') =>
      (await guarded.inject({ url, headers: { ...(authorization === '' ? {} : { authorization }) } }))
        .statusCode;

    it('open to a seat’s key alone, and to the raters’ token at the start', async (test) => {
      const { app: guarded } = await ratingService(root, pairs, tokens);
      test.after(() => guarded.close());
      for (const url of [`/rate/test/${ADA}`, `/api/rate/test/${ADA}`, `/api/rate/test/${ADA}/items/0`])
        assert.equal(await statusOf(guarded, url), 200, url);
      assert.equal(await statusOf(guarded, `/api/rate/test/${'3'.repeat(16)}`), 404);
      assert.equal(await statusOf(guarded, '/rate/test'), 401);
      assert.equal(await statusOf(guarded, '/rate/test', raters), 200);
      assert.equal(await statusOf(guarded, '/rate/test', operator), 200);
    });

    it('show raters no run, no file and no address that says whose answer is whose', async (test) => {
      const { app: guarded, ratings: here } = await ratingService(root, pairs, tokens);
      test.after(() => guarded.close());
      const { comparison } = await here.rater('test', ADA);
      const file = `/${String(comparison?.uri).replace('artifact://', 'artifacts/')}`;
      for (const url of ['/', '/runs/test', '/api/v1/runs', '/api/v1/runs/test', '/schemas/', file]) {
        assert.equal(await statusOf(guarded, url), 401, url);
        assert.equal(await statusOf(guarded, url, raters), 401, url);
      }
      assert.equal(await statusOf(guarded, file, operator), 200);
    });
  });

  it('show single answers to grade, where that is asked', async () => {
    const graded = await ratingService(root, pairs, { mode: 'abcd' });
    const list = assignedTo(graded.ratings.plan, 0);
    assert.equal(list.length, 6);
    for (const [place, { item }] of list.entries()) {
      const { body } = await graded.app.inject({
        url: `/api/rate/test/${ADA}/items/${place}`,
        headers: { host: OURS.host },
      });
      const pair = pairs[Math.floor(item / 2)];
      assert.deepEqual(JSON.parse(body).answers, [item % 2 === 0 ? pair?.answerA : pair?.answerB]);
    }
    await graded.app.close();
  });
});

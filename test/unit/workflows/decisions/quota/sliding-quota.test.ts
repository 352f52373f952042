import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LeaseCall, NO_LIMITS } from '../../../../../workflows/contracts/fleet/rate-limit.ts';
import { LeaseBook } from '../../../../../workflows/decisions/quota/lease-book.ts';
import { SlidingQuota } from '../../../../../workflows/decisions/quota/sliding-quota.ts';
import fc from '../../../../property.ts';

const WINDOW = 60_000;
const HOLD = 30_000;
const nothing = { requests: 0, tokens: 0 };

function call(part: Partial<LeaseCall> = {}): LeaseCall {
  return {
    holder: 'a',
    number: 1,
    released: nothing,
    used: nothing,
    wanted: [],
    holdMs: HOLD,
    configured: { requests: null, tokens: 1000 },
    learnt: NO_LIMITS,
    seen: null,
    ...part,
  };
}

/** One request that held `worst` tokens ended and used `tokens`. */
const ended = (worst: number, tokens: number) => ({
  released: { requests: 1, tokens: worst },
  used: { requests: 1, tokens },
});

describe('the books of a limiter', () => {
  it('hold the worst case until the end, and charge what was used for a window after it', () => {
    const book = new LeaseBook(WINDOW);
    assert.equal(book.lease(call({ wanted: [600, 600] }), 0).granted, 1);
    const ended = { released: { requests: 1, tokens: 600 }, used: { requests: 1, tokens: 300 } };
    assert.equal(book.lease(call({ number: 2, ...ended, wanted: [700] }), 10_000).granted, 1);
    // 300 count until a window (and a hundredth for clocks) after their end.
    assert.equal(book.lease(call({ number: 3, wanted: [300] }), 70_599).granted, 0);
    assert.equal(book.lease(call({ number: 4, wanted: [300] }), 70_600).granted, 1);
  });

  it('hold what a dead worker had until its requests must have ended, and a window more', () => {
    const book = new LeaseBook(WINDOW);
    book.lease(call({ holder: 'dies', wanted: [900] }), 0);
    assert.equal(book.lease(call({ holder: 'lives', number: 1, wanted: [200] }), 90_599).granted, 0);
    assert.equal(book.lease(call({ holder: 'lives', number: 2, wanted: [200] }), 90_600).granted, 1);
  });

  it('answer a repeated call as before, and count it once', () => {
    const book = new LeaseBook(WINDOW);
    const first = book.lease(call({ wanted: [400] }), 0);
    assert.deepEqual(book.lease(call({ wanted: [400] }), 5), first);
    assert.equal(book.view('p', 5).inFlight.tokens, 400);
  });

  it('keep a turn for who waits with a large request, against the small ones of others', () => {
    const book = new LeaseBook(WINDOW);
    book.lease(call({ holder: 'a', number: 1, wanted: [500] }), 0);
    assert.equal(book.lease(call({ holder: 'b', number: 1, wanted: [800] }), 1).granted, 0);
    assert.equal(book.lease(call({ holder: 'a', number: 2, wanted: [300] }), 2).granted, 0);
    const ended = { released: { requests: 1, tokens: 500 }, used: { requests: 1, tokens: 100 } };
    assert.equal(book.lease(call({ holder: 'a', number: 3, ...ended, wanted: [300] }), 3).granted, 0);
    assert.equal(book.lease(call({ holder: 'b', number: 2, wanted: [800] }), 4).granted, 1);
  });

  it('let a request that may be larger than the whole limit go alone', () => {
    const book = new LeaseBook(WINDOW);
    assert.equal(book.lease(call({ wanted: [5000, 1] }), 0).granted, 1);
  });

  it('make room for what others use of the same account, until the endpoint’s reset', () => {
    const book = new LeaseBook(WINDOW);
    book.lease(call({ wanted: [100] }), 0);
    const seen = { requests: 9, tokens: 700, resetMs: 20_000 };
    assert.equal(book.lease(call({ number: 2, seen, wanted: [400] }), 1).granted, 0);
    assert.deepEqual(book.view('p', 2).others, { requests: 8, tokens: 600 });
    assert.equal(book.lease(call({ number: 3, wanted: [400] }), 20_000).granted, 0);
    assert.equal(book.lease(call({ number: 4, wanted: [400] }), 20_001).granted, 1);
  });

  it('take the stricter of configured and learnt limits, and a person’s over both', () => {
    const book = new LeaseBook(WINDOW);
    book.lease(call({ learnt: { requests: 5, tokens: 800 } }), 0);
    assert.deepEqual(book.limits, { requests: 5, tokens: 800 });
    book.setLimits({ requests: null, tokens: 5000 });
    assert.deepEqual(book.limits, { requests: null, tokens: 5000 });
    book.setLimits(null);
    assert.deepEqual(book.limits, { requests: 5, tokens: 800 });
  });

  it('count requests alone where tokens have no limit', () => {
    const book = new LeaseBook(WINDOW);
    const configured = { requests: 2, tokens: null };
    assert.equal(book.lease(call({ configured, wanted: [5000, 5000, 5000] }), 0).granted, 2);
  });

  it('say when to ask again: after a sixtieth of the window, or when the oldest charge goes', () => {
    const book = new LeaseBook(WINDOW);
    assert.deepEqual(book.lease(call({ wanted: [900] }), 0), { granted: 1, waitMs: null });
    const wait = (number: number, now: number) =>
      book.lease(call({ holder: 'b', number, wanted: [200] }), now).waitMs;
    assert.equal(wait(1, 50), 1000, 'nothing has ended yet');
    book.lease(call({ number: 2, ...ended(900, 900) }), 100);
    assert.equal(wait(2, 200), 1000);
    assert.equal(wait(3, 60_300), 400);
    assert.equal(wait(4, 60_695), 10, 'no sooner than that');
    assert.equal(wait(5, 60_700), null);
  });

  it('give what fits beside the turn of another', () => {
    const book = new LeaseBook(WINDOW);
    book.lease(call({ wanted: [300] }), 0);
    assert.equal(book.lease(call({ holder: 'b', wanted: [800] }), 1).granted, 0);
    book.lease(call({ number: 2, ...ended(300, 100) }), 2);
    assert.equal(book.lease(call({ holder: 'c', wanted: [101] }), 3).granted, 0);
    assert.equal(book.lease(call({ holder: 'c', number: 2, wanted: [100] }), 4).granted, 1);
  });

  it('take a turn from who does not ask again within five waits and a second', () => {
    for (const [now, granted] of [
      [5999, 0],
      [6000, 1],
    ] as const) {
      const book = new LeaseBook(WINDOW);
      book.lease(call({ wanted: [500] }), 0);
      book.lease(call({ holder: 'b', wanted: [800] }), 0);
      assert.equal(book.view('p', now).waiting, 1 - granted);
      assert.equal(book.lease(call({ holder: 'c', wanted: [300] }), now).granted, granted);
    }
  });

  it('keep the place of who got nothing, and put who got something at the end', () => {
    const book = new LeaseBook(WINDOW);
    const turns = () => book.state.waiting.map(({ holder }) => holder);
    book.lease(call({ wanted: [900] }), 0);
    book.lease(call({ holder: 'b', wanted: [300, 300] }), 1);
    book.lease(call({ holder: 'c', wanted: [300] }), 2);
    book.lease(call({ holder: 'b', number: 2, wanted: [300, 300] }), 3);
    assert.deepEqual(turns(), ['b', 'c']);
    book.lease(call({ number: 2, ...ended(900, 500) }), 4);
    assert.equal(book.lease(call({ holder: 'b', number: 3, wanted: [300, 300] }), 5).granted, 1);
    assert.deepEqual(turns(), ['c', 'b']);
  });

  it('repeat an answer for ten minutes, whoever called in between', () => {
    const book = new LeaseBook(WINDOW);
    const first = book.lease(call({ wanted: [400] }), 50_000);
    book.lease(call({ holder: 'b' }), 650_000);
    assert.deepEqual(book.lease(call({ wanted: [400] }), 650_000), first);
    assert.deepEqual(Object.keys(book.state.answered), ['a', 'b']);
    book.lease(call({ holder: 'b', number: 2 }), 650_001);
    assert.deepEqual(Object.keys(book.state.answered), ['b']);
  });

  it('are shown as they stand, and are empty once nothing counts any more', () => {
    const book = new LeaseBook(WINDOW);
    const learnt = { requests: 5, tokens: null };
    book.lease(call({ learnt, wanted: [300, 300] }), 0);
    book.lease(call({ number: 2, learnt, ...ended(300, 200), wanted: [900] }), 100);
    const configured = { requests: null, tokens: 1000 };
    assert.deepEqual(book.view('openai', 100), {
      ...{ profile: 'openai', windowSeconds: 60, limits: { requests: 5, tokens: 1000 } },
      sources: { configured, learnt, set: null },
      ...{ inFlight: { requests: 1, tokens: 300 }, ended: { requests: 1, tokens: 200 } },
      ...{ others: nothing, holders: 1, waiting: 1 },
    });
    book.lease(call({ number: 3, ...ended(300, 50) }), 200);
    const { inFlight, ended: charged, holders, waiting } = book.view('openai', 200);
    assert.deepEqual([inFlight, holders, waiting], [nothing, 0, 0]);
    assert.deepEqual(charged, { requests: 2, tokens: 250 });
    // A call that reports nothing leaves the charges as they are.
    book.lease(call({ number: 4 }), 900);
    assert.equal(book.isEmpty(60_799), false);
    assert.deepEqual(book.view('openai', 60_800).ended, nothing);
    assert.equal(book.isEmpty(60_800), true);
  });

  it('are not empty while requests without tokens count, or tokens without requests', () => {
    const requests = new LeaseBook(WINDOW);
    requests.lease(call({ wanted: [0] }), 0);
    assert.equal(requests.isEmpty(1), false);
    const tokens = new LeaseBook(WINDOW);
    tokens.lease(call({ used: { requests: 0, tokens: 70 } }), 0);
    assert.equal(tokens.isEmpty(1), false);
  });

  it('stay small however many requests there are', () => {
    const book = new LeaseBook(WINDOW);
    for (let number = 1; number <= 5000; number += 1) {
      const ended = { released: { requests: 1, tokens: 1 }, used: { requests: 1, tokens: 1 } };
      book.lease(call({ number, ...(number > 1 ? ended : {}), wanted: [1] }), number * 20);
    }
    assert.ok(JSON.stringify(book.state).length < 8000, JSON.stringify(book.state));
  });
});

describe('what others use of the same account', () => {
  const START = 100_000;

  /** Had 600 tokens in flight at the start, and used `used` of them. */
  function quotaAfter(used: number): SlidingQuota {
    const quota = new SlidingQuota(WINDOW);
    quota.hold('a', 600, HOLD, START);
    quota.counted(START);
    const { released, used: charged } = ended(600, used);
    quota.end('a', released, used === 0 ? nothing : charged, START + 10);
    return quota;
  }

  /** What the endpoint counts beyond our own, where its headers say 600 tokens. */
  function others(quota: SlidingQuota, now: number): number {
    quota.counted(now);
    quota.see({ requests: 1, tokens: 600, resetMs: 0 }, now);
    return quota.state.others.tokens;
  }

  it('is what passes the most that was counted here in this window and the one before', () => {
    const quota = quotaAfter(100);
    assert.deepEqual(
      [20, 30, 40, 59_999, 60_000].map((after) => others(quota, START + after)),
      [0, 0, 0, 0, 0],
      'headers may be from before the end',
    );
    assert.equal(others(quota, START + 120_000), 500, 'but not from two windows ago');
  });

  it('is all that it says after a window in which nothing was counted', () => {
    assert.equal(others(quotaAfter(0), START + 119_999), 0);
    assert.equal(others(quotaAfter(0), START + 120_000), 600);
  });
});

/** One request as a simulated worker makes it. */
interface Sent {
  tokens: number;
  /** when the endpoint counts it, somewhere from its sending to its end */
  countedAt: number;
}

const plan = fc.record({
  limit: fc.integer({ min: 100, max: 2000 }),
  requests: fc.integer({ min: 2, max: 20 }),
  workers: fc.array(
    fc.record({
      /** from here on it neither reports nor asks */
      diesAt: fc.option(fc.integer({ min: 0, max: 200_000 }), { nil: Number.POSITIVE_INFINITY }),
      callEveryMs: fc.integer({ min: 100, max: 5000 }),
      requests: fc.array(
        fc.record({
          worst: fc.integer({ min: 1, max: 100 }),
          used: fc.double({ min: 0, max: 1, noNaN: true }),
          takesMs: fc.integer({ min: 0, max: HOLD }),
          counted: fc.constantFrom(0, 0.5, 1),
        }),
        { minLength: 20, maxLength: 60 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Runs the workers against one book, as worker processes do, and returns what the endpoint counted. */
function simulate({
  limit,
  requests,
  workers,
}: typeof plan extends fc.Arbitrary<infer Plan> ? Plan : never): Sent[] {
  let book = new LeaseBook(WINDOW);
  const sent: Sent[] = [];
  const running = workers.map((worker, index) => ({
    ...worker,
    holder: `worker-${index}`,
    waiting: [...worker.requests],
    inFlight: [] as Array<{ worst: number; used: number; endsAt: number }>,
    number: 0,
    nextCall: index * 37,
  }));
  for (let now = 0; now < 400_000; now += 50) {
    // As continue-as-new does: the state travels as JSON.
    if (now % 100_000 === 0) book = new LeaseBook(WINDOW, JSON.parse(JSON.stringify(book.state)));
    for (const worker of running) {
      if (now < worker.nextCall || now >= worker.diesAt) continue;
      worker.nextCall = now + worker.callEveryMs;
      worker.number += 1;
      const ended = worker.inFlight.filter(({ endsAt }) => endsAt <= now);
      worker.inFlight = worker.inFlight.filter(({ endsAt }) => endsAt > now);
      const total = (of: 'worst' | 'used') => ended.reduce((all, one) => all + one[of], 0);
      const reply = book.lease(
        call({
          holder: worker.holder,
          number: worker.number,
          released: { requests: ended.length, tokens: total('worst') },
          used: { requests: ended.length, tokens: total('used') },
          wanted: worker.waiting.slice(0, 64).map(({ worst }) => worst),
          configured: { requests, tokens: limit },
        }),
        now,
      );
      for (const { worst, used, takesMs, counted } of worker.waiting.splice(0, reply.granted)) {
        const tokens = Math.round(worst * used);
        worker.inFlight.push({ worst, used: tokens, endsAt: now + takesMs });
        sent.push({ tokens, countedAt: now + takesMs * counted });
      }
    }
  }
  return sent;
}

describe('any window of an endpoint, whenever it counts', () => {
  it('has no more tokens and requests in it than the limits, whatever dies', () => {
    let counted = 0;
    fc.assert(
      fc.property(plan, (planned) => {
        const sent = simulate(planned).sort((a, b) => a.countedAt - b.countedAt);
        counted += sent.length;
        for (const { countedAt } of sent) {
          const inWindow = sent.filter(
            (other) => other.countedAt >= countedAt && other.countedAt <= countedAt + WINDOW,
          );
          const tokens = inWindow.reduce((all, one) => all + one.tokens, 0);
          if (tokens > planned.limit || inWindow.length > planned.requests) return false;
        }
        return true;
      }),
      { numRuns: 40 },
    );
    assert.ok(counted > 1000, `${counted} requests were granted in all`);
  });
});

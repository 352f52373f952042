import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LeaseCall, NO_LIMITS } from '../../../../../workflows/contracts/rate-limit.ts';
import { LeaseBook } from '../../../../../workflows/decisions/quota/lease-book.ts';
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
    assert.equal(book.lease(call({ number: 3, wanted: [400] }), 20_002).granted, 1);
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

  it('stay small however many requests there are', () => {
    const book = new LeaseBook(WINDOW);
    for (let number = 1; number <= 5000; number += 1) {
      const ended = { released: { requests: 1, tokens: 1 }, used: { requests: 1, tokens: 1 } };
      book.lease(call({ number, ...(number > 1 ? ended : {}), wanted: [1] }), number * 20);
    }
    assert.ok(JSON.stringify(book.state).length < 8000, JSON.stringify(book.state));
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

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { type Attempt, unwatched } from '../../../../activities/attempt.ts';
import type { GenerationRun } from '../../../../activities/generate/generation-run.ts';
import { generationRequest } from '../../../../activities/generate/prompt/run-prompts.ts';
import { answerRequest } from '../../../../activities/generate/request.ts';
import { ledgerKey } from '../../../../activities/teacher/ledger/ledger.ts';
import { worstCaseUsd } from '../../../../activities/teacher/profile/prices.ts';
import type { TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import type { AnswerRequestInput } from '../../../../workflows/contracts/generate-activities.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { chatReply, errorReply, type Reply, startScriptedTeacher } from '../teacher/scripted-teacher.ts';
import { openSmallRun, temporaryStore } from './generation-fixture.ts';

/** What one answered prompt costs at the scripted teacher: 1000 tokens in at $1, 60 out at $2 a million. */
const ANSWER_USD = 0.00112;

const NOTHING = {
  request: 0,
  status: 'answered',
  prompts: 2,
  fromLedger: 0,
  sent: 0,
  lost: 0,
  lostUsd: 0,
  refused: 0,
  promptTokens: 0,
  completionTokens: 0,
  costUsd: 0,
};
const ALL_SENT = { ...NOTHING, sent: 2, promptTokens: 2000, completionTokens: 120, costUsd: 2 * ANSWER_USD };

describe('answering a request', () => {
  it('asks every prompt once and counts tokens and dollars', async (test) => {
    const set = disposedAfter(test, await setUp(() => chatReply('ok')));
    assert.deepEqual(await set.answer({ asking: 0 }), ALL_SENT);
    assert.deepEqual(set.prompts().sort(), [set.run.prompts.text(0, 0), set.run.prompts.text(0, 1)].sort());
  });

  it('sends nothing where no money is reserved for it: what the ledger lacks is unpaid', async (test) => {
    const set = disposedAfter(test, await setUp(() => chatReply('ok')));
    const other = { asking: 0, paidBy: 'another run/0/0', fromLedgerAlone: true } as const;
    assert.deepEqual(await set.answer(other), { ...NOTHING, status: 'unpaid', prompts: 0 });
    assert.equal(set.prompts().length, 0);
    await set.answer({ asking: 0 });
    assert.deepEqual(await set.answer(other), { ...NOTHING, fromLedger: 2 });
    assert.equal(set.prompts().length, 2);
  });

  it('sends nothing over a ledger that has the answers', async (test) => {
    const set = disposedAfter(test, await setUp(() => chatReply('ok')));
    await set.answer({ asking: 0 });
    assert.deepEqual(await set.answer({ asking: 0, paidBy: 'another run/0/0' }), {
      ...NOTHING,
      fromLedger: 2,
    });
    assert.equal(set.prompts().length, 2);
  });

  it('records a refusal for good, beside the answers', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((index) =>
        index === 0
          ? chatReply(null, 'stop', 'No.')
          : errorReply(400, { message: 'No.', code: 'content_filter' }),
      ),
    );
    const refused = await set.answer({ asking: 0 });
    assert.equal(refused.refused, 2);
    assert.equal(refused.sent, 2);
    assert.equal(refused.costUsd, ANSWER_USD, 'an error response costs nothing');
    const again = await set.answer({ asking: 0, paidBy: 'another run/0/0' });
    assert.deepEqual(again, { ...NOTHING, fromLedger: 2, refused: 2 });
    assert.equal(set.prompts().length, 2);
  });

  it('gives equal prompts of a run an answer each', async (test) => {
    // Of three seed tasks with one shown there are three prompts: request 0 to 2 must repeat some.
    const set = disposedAfter(test, await setUp((index) => chatReply(`answer ${index}`)));
    for (const request of [0, 1, 2]) await set.answer({ asking: 0, request });
    assert.equal(set.prompts().length, 6);
    assert.ok(new Set(set.prompts()).size <= 3);
    assert.equal((await outcomes(set.store)).length, 6);
  });
});

describe('a failed asking', () => {
  it('leaves no outcome; the others end and are recorded before it is thrown', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((index) => [errorReply(500, { message: 'Oops.' }), chatReply('ok')][index] ?? 'cut'),
    );
    await assert.rejects(set.answer({ asking: 0 }), { code: 'TeacherUnavailable' });
    assert.equal((await outcomes(set.store)).length, 1);
  });

  it('counts what an earlier attempt at the same asking paid, once', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((index) => (index === 1 ? errorReply(429, { message: 'Slow down.' }) : chatReply('ok'))),
    );
    await assert.rejects(set.answer({ asking: 0 }), { code: 'RateLimited' });
    assert.deepEqual(await set.answer({ asking: 0 }), ALL_SENT);
    assert.equal(set.prompts().length, 3);
    assert.deepEqual(await set.answer({ asking: 1, paidBy: 'run/0/1' }), { ...NOTHING, fromLedger: 2 });
  });

  for (const [what, reply, times] of [
    ['an error status', errorReply(503, { message: 'Overloaded.' }), 2],
    ['a rate limit', errorReply(429, { message: 'Slow down.' }), 2],
    ['a wrong key, sent once', errorReply(401, { message: 'Wrong key.' }), 1],
  ] as const) {
    it(`is free to be sent again by the next attempt after ${what}`, async (test) => {
      const set = disposedAfter(test, await setUp((index) => (index < times ? reply : chatReply('ok'))));
      await assert.rejects(set.answer({ asking: 0 }));
      assert.deepEqual(await set.answer({ asking: 0 }), ALL_SENT);
    });
  }

  it('throws the failure of the lowest prompt', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((_, run, prompt) =>
        prompt === run.prompts.text(0, 0)
          ? errorReply(429, { message: 'Slow down.' }, { 'retry-after': '9' })
          : errorReply(503, { message: 'Overloaded.' }),
      ),
    );
    assert.notEqual(set.run.prompts.text(0, 0), set.run.prompts.text(0, 1));
    await assert.rejects(set.answer({ asking: 0 }), { code: 'RateLimited', retryAfterMs: 9000 });
  });
});

describe('an asking that may have been paid', () => {
  for (const [what, reply] of [
    ['a cut connection', 'cut'],
    ['a cut in mid-body', 'cut in mid-body'],
    ['an answer that is none', { body: 'not json' }],
    ['a timeout', 'hang'],
  ] as const) {
    it(`is lost after ${what}: booked at its worst case, and not sent again by itself`, async (test) => {
      const set = disposedAfter(
        test,
        await setUp((index) => (index < 2 ? reply : chatReply('ok')), { timeoutMs: 300 }),
      );
      await assert.rejects(set.answer({ asking: 0 }), { retryable: true });
      const worst = [0, 1].map((prompt) =>
        worstCaseUsd(set.run.prompts.text(0, prompt), 64, { inputUsdPerMillion: 1, outputUsdPerMillion: 2 }),
      );
      assert.deepEqual(await set.answer({ asking: 0 }), {
        ...NOTHING,
        status: 'lost',
        lost: 2,
        lostUsd: (worst[0] ?? 0) + (worst[1] ?? 0),
      });
      assert.equal(set.prompts().length, 2);
      assert.deepEqual(await set.answer({ asking: 1, paidBy: 'run/0/1' }), ALL_SENT);
    });
  }

  it('does not keep the request’s other prompts from being answered', async (test) => {
    const set = disposedAfter(test, await setUp((index) => (index === 0 ? 'cut' : chatReply('ok'))));
    await assert.rejects(set.answer({ asking: 0 }), { code: 'TeacherUnavailable' });
    const lost = await set.answer({ asking: 0 });
    assert.equal(lost.status, 'lost');
    assert.equal(lost.lost, 1);
    assert.equal(lost.sent, 1);
    const asked = await set.answer({ asking: 1, paidBy: 'run/0/1' });
    assert.equal(asked.sent, 1);
    assert.equal(asked.fromLedger, 1);
    assert.equal(asked.lost, 0, 'the intent of asking 0 was booked then');
  });
});

describe('an attempt that is stopped', () => {
  it('waits for what was sent, records it, and gives it as its result', async (test) => {
    const stop = new AbortController();
    const set = disposedAfter(
      test,
      await setUp(async (index) => {
        if (index > 1) {
          stop.abort();
          await sleep(100);
        }
        return chatReply('ok');
      }),
    );
    await set.answer({ asking: 0 });
    const attempt = { signal: stop.signal, report() {} };
    const stopped = await set.answer({ asking: 0, request: 1, attempt });
    assert.deepEqual(stopped, { ...ALL_SENT, request: 1 });
    assert.equal((await outcomes(set.store)).length, 4);
    assert.equal(set.prompts().length, 4);
  });

  it('sends nothing more, and declares nothing that it does not send', async (test) => {
    const stop = new AbortController();
    const set = disposedAfter(
      test,
      await setUp(async () => {
        stop.abort(new Error('stopped'));
        return chatReply('ok');
      }),
    );
    // Nobody knows yet that the teacher answers: one prompt goes ahead, and the other waits for it.
    const attempt = { signal: stop.signal, report() {} };
    await assert.rejects(set.answer({ asking: 0, attempt }), { message: 'stopped' });
    assert.equal(set.prompts().length, 1);
    assert.deepEqual(await set.answer({ asking: 0 }), ALL_SENT);
    assert.equal(set.prompts().length, 2, 'the first prompt’s answer was in the ledger');
  });

  it('owes nothing between a refusal for length and the next sending', async (test) => {
    const stop = new AbortController();
    const tooLong = errorReply(400, { message: 'Too long.', code: 'context_length_exceeded' });
    const set = disposedAfter(
      test,
      await setUp(
        (index) => {
          if (index === 0) stop.abort(new Error('stopped'));
          return index === 0 ? tooLong : chatReply('ok');
        },
        { concurrency: 1 },
      ),
    );
    const attempt = { signal: stop.signal, report() {} };
    await assert.rejects(set.answer({ asking: 0, attempt }), { message: 'stopped' });
    assert.deepEqual(await set.answer({ asking: 0 }), ALL_SENT);
  });

  it('leaves an answer that another run over the ledger waits for and does not pay for', async (test) => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const set = disposedAfter(
      test,
      await setUp(async (index) => {
        if (index === 3) arrived.resolve();
        if (index >= 2) await release.promise;
        return chatReply(`answer ${index}`);
      }),
    );
    await set.answer({ asking: 0 });
    const terminated = set.answer({ asking: 0, request: 1 });
    await arrived.promise;
    const other = set.answer({ asking: 0, request: 1, paidBy: 'another run/1/0' });
    await sleep(50);
    release.resolve();
    assert.deepEqual(await other, { ...NOTHING, request: 1, fromLedger: 2 });
    assert.deepEqual(await terminated, { ...ALL_SENT, request: 1 });
    assert.equal(set.prompts().length, 4);
  });
});

describe('a run that is reset', () => {
  it('books again what it had booked, asking by asking, and pays nothing', async (test) => {
    let asked = 0;
    const set = disposedAfter(
      test,
      await setUp(() => {
        asked += 1;
        return asked === 1 ? 'cut' : chatReply('ok');
      }),
    );
    const books = async () => {
      const first = await set.answer({ asking: 0 }).catch(() => set.answer({ asking: 0 }));
      const second = await set.answer({ asking: 1, paidBy: 'run/0/1' });
      return [first, second].map(({ status, costUsd, lostUsd }) => ({ status, costUsd, lostUsd }));
    };
    const before = await books();
    assert.deepEqual(
      before.map(({ status }) => status),
      ['lost', 'answered'],
    );
    const paid = set.prompts().length;
    assert.deepEqual(await books(), before);
    assert.equal(set.prompts().length, paid);
  });
});

describe('two runs over one ledger', () => {
  const died = (paidBy: string) => ({
    ...{ profile: 'scripted', paidBy, asking: 0, time: '2026-01-01T00:00:00.000Z' },
    ...{ sender: 'a-process-that-is-gone', worstCaseUsd: 0.5 },
  });

  it('do not book what the other lost: each its own, and both have the answer', async (test) => {
    const set = disposedAfter(test, await setUp(() => chatReply('ok')));
    const [key = ''] = set.keys();
    await set.run.ledger.declareIntent(key, 0, died('another run/0/0'));
    assert.deepEqual(await set.answer({ asking: 0 }), ALL_SENT);
    const intents = await set.run.ledger.intents(key);
    assert.deepEqual(
      intents.map(({ paidBy }) => paidBy),
      ['another run/0/0', 'run/0/0'],
    );
    const { status, lost, lostUsd } = await set.answer({ asking: 0, paidBy: 'another run/0/0' });
    assert.deepEqual({ status, lost, lostUsd }, { status: 'lost', lost: 1, lostUsd: 0.5 });
    assert.deepEqual(await set.answer({ asking: 1, paidBy: 'another run/0/1' }), {
      ...NOTHING,
      fromLedger: 2,
    });
  });

  it('each find lost what they lost themselves, wherever its intent lies', async (test) => {
    const set = disposedAfter(test, await setUp(() => chatReply('ok')));
    const [key = ''] = set.keys();
    await set.run.ledger.declareIntent(key, 0, died('another run/0/0'));
    await set.run.ledger.declareIntent(key, 1, died('run/0/0'));
    const { status, lost, lostUsd } = await set.answer({ asking: 0 });
    assert.deepEqual({ status, lost, lostUsd }, { status: 'lost', lost: 1, lostUsd: 0.5 });
    assert.equal((await set.answer({ asking: 1, paidBy: 'run/0/1' })).status, 'answered');
  });
});

async function setUp(
  reply: (index: number, run: GenerationRun, prompt: string) => Reply | Promise<Reply>,
  overrides: Partial<TeacherProfile> = {},
) {
  const temporary = await temporaryStore();
  const teacher = await startScriptedTeacher((call, index) => reply(index, run, call.prompt));
  const run = await openSmallRun(temporary.store, teacher.profile(overrides));
  return {
    run,
    store: temporary.store,
    prompts: () => teacher.calls.map(({ prompt }) => prompt),
    /** of the ledger, of the first request's prompts */
    keys: () =>
      [0, 1].map((prompt) => {
        const request = generationRequest(run.prompts.text(0, prompt), run.settings, run.profile);
        return ledgerKey(request, run.prompts.occurrence(0, prompt));
      }),
    answer(asked: Partial<AnswerRequestInput> & { asking: number; paidBy?: string; attempt?: Attempt }) {
      const { request = 0, paidBy = 'run/0/0', attempt = unwatched } = asked;
      return answerRequest({ ...asked, request }, run, paidBy, attempt);
    },
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

async function outcomes(store: ArtifactStore): Promise<string[]> {
  return (await store.listEntries('ledger/test')).filter((name) => !name.includes('.intent.'));
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { answerRequest } from '../../../../activities/generate/request.ts';
import { costUsd, worstCaseUsd } from '../../../../activities/teacher/profile/prices.ts';
import type { TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import {
  type Call,
  completionsReply,
  errorReply,
  type Reply,
  startScriptedTeacher,
} from '../teacher/scripted-teacher.ts';
import { openSmallRun, temporaryStore } from './generation-fixture.ts';

const PRICE = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
/** What the scripted usage of one API request costs: 2101 tokens in, 23 out. */
const REQUEST_USD = costUsd({ promptTokens: 2101, completionTokens: 23 }, PRICE);

const all = (call: Call) => completionsReply(call.prompts.map((prompt) => `to ${prompt.length}`));

describe('a request in legacy completions', () => {
  it('is one API request for its prompts, with an entry and an exact share of the usage for each', async (test) => {
    const set = disposedAfter(test, await setUp(all));
    const result = await set.answer(0);
    assert.deepEqual(
      set.calls.map(({ prompts }) => prompts),
      [[0, 1, 2].map((prompt) => set.run.prompts.text(0, prompt))],
    );
    assert.equal(result.sent, 3);
    assert.equal(result.promptTokens, 2101);
    assert.equal(result.completionTokens, 23);
    assert.ok(Math.abs(result.costUsd - REQUEST_USD) < 1e-12);
    assert.deepEqual((await set.answer(0, 'another run')).fromLedger, 3);
    assert.equal(set.calls.length, 1);
  });

  it('is sent with only the prompts that the ledger lacks', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((call, index) => (index === 0 ? completionsReply(['a', null, 'c']) : all(call))),
    );
    const first = await set.answer(0);
    assert.equal(first.status, 'lost');
    assert.equal(first.sent, 2);
    assert.equal(first.lost, 1);
    assert.equal(first.lostUsd, 0, 'what the whole cost is booked with the answers that came');
    assert.ok(Math.abs(first.costUsd - REQUEST_USD) < 1e-12);

    const second = await set.answer(1);
    assert.equal(second.status, 'answered');
    assert.equal(second.sent, 1);
    assert.equal(second.fromLedger, 2);
    assert.deepEqual(set.calls[1]?.prompts, [set.run.prompts.text(0, 1)]);
  });

  it('books the worst case of a prompt without an answer where no usage is stated', async (test) => {
    const set = disposedAfter(test, await setUp(() => completionsReply(['a', null, 'c'], null)));
    const worst = worstCaseUsd(set.run.prompts.text(0, 1), 64, PRICE);
    assert.equal((await set.answer(0)).lostUsd, worst);
  });

  it('leaves an intent for every prompt where the connection is cut, and none after an error status', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((call, index) =>
        index === 0 ? errorReply(503, { message: 'Overloaded.' }) : index === 1 ? 'cut' : all(call),
      ),
    );
    await assert.rejects(set.answer(0), { code: 'TeacherUnavailable' });
    await assert.rejects(set.answer(0), { code: 'TeacherUnavailable' });
    assert.equal((await set.answer(0)).lost, 3);
    assert.equal((await set.answer(1)).sent, 3);
    assert.equal(set.calls.length, 3);
  });

  it('asks each prompt by itself where one of them is refused', async (test) => {
    const set: Awaited<ReturnType<typeof setUp>> = disposedAfter(
      test,
      await setUp((call) =>
        call.prompts.includes(set.run.prompts.text(0, 1))
          ? errorReply(400, { message: 'No.', code: 'content_filter' })
          : all(call),
      ),
    );
    const result = await set.answer(0);
    const refused = [0, 1, 2].filter(
      (prompt) => set.run.prompts.text(0, prompt) === set.run.prompts.text(0, 1),
    );
    assert.equal(result.status, 'answered');
    assert.equal(result.sent, 3);
    assert.equal(result.refused, refused.length);
    assert.deepEqual(
      set.calls.map(({ prompts }) => prompts.length),
      [3, 1, 1, 1],
    );
  });

  it('asks prompt by prompt where the endpoint takes no list', async (test) => {
    const set = disposedAfter(
      test,
      await setUp(() => completionsReply(['one'], null), { supportsPromptList: false }),
    );
    assert.equal((await set.answer(0)).sent, 3);
    assert.deepEqual(
      set.calls.map(({ body }) => typeof body.prompt),
      ['string', 'string', 'string'],
    );
  });

  it('has one idempotency key for the list, equal for an equal list', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((call, index) => (index === 0 ? errorReply(500, { message: 'Oops.' }) : all(call)), {
        idempotencyHeader: 'Idempotency-Key',
      }),
    );
    await assert.rejects(set.answer(0));
    await set.answer(0);
    const keys = set.calls.map(({ headers }) => headers['idempotency-key']);
    assert.match(String(keys[0]), /^[0-9a-f]{64}$/);
    assert.equal(keys[0], keys[1]);
  });
});

async function setUp(reply: (call: Call, index: number) => Reply, overrides: Partial<TeacherProfile> = {}) {
  const temporary = await temporaryStore();
  const teacher = await startScriptedTeacher(reply);
  const profile = teacher.profile({ style: 'completions', price: PRICE, ...overrides });
  const run = await openSmallRun(temporary.store, profile, { promptsPerRequest: 3 });
  return {
    run,
    calls: teacher.calls,
    answer: (asking: number, who = 'run') =>
      answerRequest({ request: 0, asking }, run, `${who}/0/${asking}`, unwatched),
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import type { Account } from '../../../../../activities/evaluate/answers/budgeted-asking.ts';
import { type Judge, judgePairs } from '../../../../../activities/evaluate/judge/judge.ts';
import { PREFERENCE } from '../../../../../activities/evaluate/judge/no-verdicts.ts';
import { createTeacherJudge } from '../../../../../activities/evaluate/judge/teacher-judge.ts';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import type {
  TeacherAnswer,
  TeacherClient,
  TeacherRequest,
} from '../../../../../activities/teacher/client.ts';
import { type Ledger, ledgerKey, openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { createAdmissions } from '../../../../../activities/teacher/limits/admissions.ts';
import { SharedBudget } from '../../../../../activities/teacher/profile/budget.ts';
import { loadProfiles, type TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import { createProving } from '../../../../../activities/teacher/proving.ts';
import type { ChatMessage } from '../../../../../activities/teacher/request-body.ts';
import { requestBody } from '../../../../../activities/teacher/request-body.ts';

/** With the default limit of a verdict. */
const judgeOf = (account: Account) => createTeacherJudge(account, 64, PREFERENCE);

const { signal } = new AbortController();

const question = (text: string): ChatMessage[] => [
  { role: 'system', content: 'Judge.' },
  { role: 'user', content: text },
];

const answer = (text: string): TeacherAnswer => ({
  text,
  finishReason: 'stop',
  usage: { promptTokens: 10, completionTokens: 5 },
  model: 'offline-teacher',
  refusal: null,
  maxTokens: 64,
});

const pairsOf = (count: number, about: string) =>
  Array.from({ length: count }, (_, i) => ({
    ...{ instruction: `${about} ${i}`, input: '', answerA: 'a', answerB: 'b' },
  }));

const failure = (mayBePaid: boolean, retryAfterMs = 1) =>
  new TeacherFailure('TeacherUnavailable', 'It is down.', { mayBePaid, retryAfterMs });

describe('a teacher as a judge', () => {
  let root: string;
  let ledger: Ledger;
  let profile: TeacherProfile;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-judge-'));
    ledger = openLedger(createLocalStore({ root }), 'judge');
    profile = (await loadProfiles({ env: {}, offlineTeacherUrl: 'http://127.0.0.1:1/v1' })).get('offline');
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** A client that answers with the outcomes in turn, and remembers what it was asked. */
  const clientOf = (outcomes: (TeacherAnswer | Error)[]) => {
    const asked: TeacherRequest[] = [];
    const client: TeacherClient = {
      profile,
      proving: createProving(),
      admission: createAdmissions()(profile),
      ask: async (request) => {
        const outcome = outcomes[asked.length];
        asked.push(request);
        if (outcome === undefined) throw new Error('asked more often than scripted');
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      askList: () => assert.fail('a judge asks one thing at a time'),
    };
    return { client, asked };
  };

  it('asks without chance, and pays for a verdict once', async () => {
    const { client, asked } = clientOf([answer('{"preference": 1}')]);
    const judge = judgeOf({ client, ledger, paidBy: 'first', budget: new SharedBudget(null) });
    const again = judgeOf({ client, ledger, paidBy: 'second', budget: new SharedBudget(null) });
    assert.equal((await judge.reply(question('once'), 0, signal)).text, '{"preference": 1}');
    assert.equal((await again.reply(question('once'), 0, signal)).text, '{"preference": 1}');
    assert.equal(asked.length, 1);
    assert.deepEqual([asked[0]?.style, asked[0]?.temperature, asked[0]?.maxTokens], ['chat', 0, 64]);
  });

  it('is asked of as many pairs at once as its profile has requests in flight', () => {
    const { client } = clientOf([]);
    const judgeWith = (concurrency: number | null) =>
      judgeOf({
        client: { ...client, profile: { ...profile, concurrency } },
        ledger,
        paidBy: 'run',
        budget: new SharedBudget(0),
      });
    assert.deepEqual(
      [1, 20, null].map((concurrency) => judgeWith(concurrency).atOnce),
      [1, 20, 8],
    );
  });

  it('is held to the form of a verdict where its profile has structured output', async () => {
    const { client, asked } = clientOf([answer('{"preference": 1}')]);
    const structured: TeacherClient = { ...client, profile: { ...profile, output: 'structured' } };
    const judge = judgeOf({
      client: structured,
      ledger,
      paidBy: 'run',
      budget: new SharedBudget(null),
    });
    assert.equal((await judge.reply(question('by schema'), 0, signal)).text, '{"preference": 1}');
    const [request] = asked;
    assert.ok(request);
    assert.deepEqual(requestBody(request, structured.profile).response_format, {
      type: 'json_schema',
      json_schema: {
        name: 'preference',
        strict: true,
        schema: {
          type: 'object',
          properties: { preference: { type: 'number', enum: [0, 1, 2] } },
          required: ['preference'],
          additionalProperties: false,
        },
      },
    });
  });

  it('owes a repeated question a new answer', async () => {
    const { client, asked } = clientOf([answer('hm'), answer('{"preference": 2}')]);
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    assert.equal((await judge.reply(question('unclear'), 0, signal)).text, 'hm');
    assert.equal((await judge.reply(question('unclear'), 1, signal)).text, '{"preference": 2}');
    assert.equal(asked.length, 2);
  });

  it('is not asked the same again at a temperature of 0, nor where its tokens went into thinking', async () => {
    const thinking = {
      ...answer(''),
      finishReason: 'length',
      usage: { promptTokens: 10, completionTokens: 64 },
    };
    for (const [supportsSampling, reply, askings] of [
      [true, answer('hm'), 1],
      [false, answer('hm'), 3],
      [false, thinking, 1],
    ] as const) {
      const { client, asked } = clientOf([
        ...Array(7).fill(answer('{"preference": 1}')),
        ...Array(3).fill(reply),
      ]);
      const account = { ledger, paidBy: 'run', budget: new SharedBudget(null) };
      const judge = judgeOf({ client: { ...client, profile: { ...profile, supportsSampling } }, ...account });
      const pairs = pairsOf(4, `${supportsSampling} ${reply.text}`);
      const judged = await judgePairs({ ...judge, atOnce: 1 }, pairs, unwatched);
      assert.deepEqual(judged.at(-1), { aFirst: 'A', bFirst: 'unreadable' });
      assert.equal(asked.length, 7 + askings);
    }
  });

  for (const [pairs, askings] of [
    [4, 8],
    [12, 16],
  ] as const) {
    it(`fails naming the limit where all its tokens go before a verdict: ${pairs} pairs, ${askings} askings`, async () => {
      const thinking = { ...answer('Let me compare'), finishReason: 'length' };
      const { client, asked } = clientOf(Array(72).fill(thinking));
      const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
      const judging = judgePairs({ ...judge, atOnce: 1 }, pairsOf(pairs, `thinks ${pairs}`), unwatched);
      await assert.rejects(judging, {
        code: 'Configuration',
        message: `The judge "offline" gave no verdict in ${askings} replies: ${askings} of them were cut at the limit of 64 tokens. Raise verdictTokens (--verdict-tokens; evaluate.verdictTokens of a run): a judge that thinks needs thousands. Or take another judge.`,
      });
      assert.equal(asked.length, askings);
    });
  }

  it('asks again after failures that pass, sent or not', async () => {
    const { client, asked } = clientOf([failure(false), failure(true), answer('{"preference": 0}')]);
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    assert.equal((await judge.reply(question('stormy'), 0, signal)).text, '{"preference": 0}');
    assert.equal(asked.length, 3);
  });

  it('gives up on a failure that does not pass, and at once on one that cannot', async () => {
    const { client, asked } = clientOf(new Array(8).fill(failure(false)));
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    await assert.rejects(judge.reply(question('down'), 0, signal), { code: 'TeacherUnavailable' });
    assert.equal(asked.length, 8);
    const denied = clientOf([new TeacherFailure('Authentication', 'Wrong key.', { mayBePaid: false })]);
    const other = judgeOf({
      client: denied.client,
      ledger,
      paidBy: 'run',
      budget: new SharedBudget(null),
    });
    await assert.rejects(other.reply(question('key'), 0, signal), { code: 'Authentication' });
    assert.equal(denied.asked.length, 1);
  });

  it('is heard behind its thinking alone, and its whole text is in the ledger', async () => {
    const text = '<think>{"preference": 2}</think>{"preference": 1}';
    const { client } = clientOf([answer(text)]);
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    assert.deepEqual(await judge.reply(question('thoughtful'), 0, signal), {
      text: '{"preference": 1}',
      cut: false,
    });
    const request = {
      ...{ style: 'chat' as const, model: profile.model, temperature: 0, topP: 1, maxTokens: 64, stop: [] },
      messages: question('thoughtful'),
    };
    assert.equal((await ledger.read(ledgerKey(request, 0)))?.text, text);
  });

  it('whose tokens all go into thinking is asked a handful of times, whatever the pairs', async () => {
    const usage = { promptTokens: 10, completionTokens: 64 };
    const { client, asked } = clientOf(Array(24).fill({ ...answer(''), finishReason: 'length', usage }));
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    const pairs = [0, 1, 2, 3].map((pair) => ({
      ...{ instruction: `Thought over ${pair}`, input: '', answerA: 'a', answerB: 'b' },
    }));
    await assert.rejects(judgePairs(judge, pairs, unwatched), {
      code: 'Configuration',
      message:
        'The judge "offline" gives no verdict: all 64 tokens of its latest replies were spent before the first word, as on thinking. Raise verdictTokens (--verdict-tokens; evaluate.verdictTokens of a run): a judge that thinks needs thousands. Or take another judge.',
    });
    assert.equal(asked.length, 5);
  });

  it('takes a refusal as no verdict', async () => {
    const refused = new TeacherFailure('ContentRefused', 'No.', { mayBePaid: false });
    const { client } = clientOf([refused, { ...answer(''), refusal: 'I will not.' }]);
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    assert.equal((await judge.reply(question('improper'), 0, signal)).text, '');
    assert.equal((await judge.reply(question('improper'), 1, signal)).text, '');
  });

  it('does not wait on after cancellation', async () => {
    const { client } = clientOf([failure(false, 60_000)]);
    const controller = new AbortController();
    const judge = judgeOf({ client, ledger, paidBy: 'run', budget: new SharedBudget(null) });
    const waiting = judge.reply(question('slow'), 0, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(waiting, { name: 'AbortError' });
  });

  it('is paid once for each verdict, though it is stopped while four are on their way', async () => {
    const pairs = pairsOf(4, 'Stopped');
    const release = Promise.withResolvers<void>();
    const { client, asked } = clientOf(Array(8).fill(answer('{"preference": 1}')));
    const held: TeacherClient = {
      ...client,
      async ask(request, options) {
        const given = client.ask(request, options);
        // The first shows that the teacher answers, and goes alone.
        if (asked.length === 5) stop.abort(new Error('stopped'));
        if (asked.length > 1) await release.promise;
        return given;
      },
    };
    const stop = new AbortController();
    const judge = judgeOf({
      ...{ client: held, ledger, paidBy: 'run', budget: new SharedBudget(null) },
    });
    const four: Judge = { ...judge, atOnce: 4 };
    const stopped = judgePairs(four, pairs, { signal: stop.signal, report() {} });
    stop.signal.addEventListener('abort', () => setTimeout(release.resolve, 20));
    await assert.rejects(stopped, { message: 'stopped' });
    assert.equal(asked.length, 5);
    const judged = await judgePairs(four, pairs, unwatched);
    assert.deepEqual(judged, Array(4).fill({ aFirst: 'A', bFirst: 'B' }));
    assert.equal(asked.length, 8, 'each order of each pair once');
  });

  it('stops as soon as one more verdict could pass the budget, by what thinking was billed', async () => {
    const price = { inputUsdPerMillion: 0, outputUsdPerMillion: 1e4 };
    const billed = { ...answer('{"preference": 1}'), usage: { promptTokens: 10, completionTokens: 9400 } };
    const { client, asked } = clientOf([billed, billed, billed]);
    const budget = new SharedBudget(200);
    const paid: TeacherClient = { ...client, profile: { ...profile, name: 'paid', price } };
    const judge = judgeOf({ client: paid, ledger, paidBy: 'run', budget });
    await judge.reply(question('thinks 1'), 0, signal);
    await judge.reply(question('thinks 2'), 0, signal);
    await assert.rejects(judge.reply(question('thinks 3'), 0, signal), {
      code: 'BudgetReached',
      message:
        /188\.00 USD is spent and one more answer can cost 94\.00 USD \(answers have cost up to 146\.9 times/,
    });
    assert.deepEqual([asked.length, budget.spentUsd], [2, 188]);
  });

  it('that costs money needs a budget, and stops under it', async () => {
    const paid: TeacherProfile = {
      ...profile,
      name: 'paid',
      price: { inputUsdPerMillion: 1e4, outputUsdPerMillion: 1e4 },
    };
    const { client, asked } = clientOf([answer('{"preference": 1}'), answer('{"preference": 2}')]);
    const paidClient: TeacherClient = { ...client, profile: paid };
    assert.throws(
      () => judgeOf({ client: paidClient, ledger, paidBy: 'run', budget: new SharedBudget(null) }),
      {
        code: 'BudgetRequired',
        message: /^The judge "paid" costs money, and there is no budget/,
      },
    );
    // 15 tokens at a cent each were used; the worst case of one more verdict is above what is left.
    const budget = new SharedBudget(1.2);
    const judge = judgeOf({ client: paidClient, ledger, paidBy: 'run', budget });
    await judge.reply(question('paid 1'), 0, signal);
    assert.equal(Number(budget.spentUsd.toFixed(6)), 0.15);
    const tight = judgeOf({
      client: paidClient,
      ledger,
      paidBy: 'run',
      budget: new SharedBudget(0.5),
    });
    await assert.rejects(tight.reply(question('paid 2'), 0, signal), { code: 'BudgetReached' });
    assert.equal(asked.length, 1);
    const poor = new SharedBudget(0.5);
    const later = judgeOf({ client: paidClient, ledger, paidBy: 'later run', budget: poor });
    await later.reply(question('paid 1'), 0, signal);
    assert.deepEqual([asked.length, poor.spentUsd], [1, 0]);
  });
});

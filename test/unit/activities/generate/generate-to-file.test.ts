import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import type { AlpacaError } from '../../../../activities/errors.ts';
import { createTeacherClient } from '../../../../activities/teacher/client.ts';
import { openLedger } from '../../../../activities/teacher/ledger/ledger.ts';
import { dataRow } from '../../../../workflows/contracts/data.ts';
import type { Forecast } from '../../../../workflows/contracts/progress.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { endless, startHostileEndpoint } from '../teacher/hostile-endpoint.ts';
import { chatReply, errorReply, type Reply } from '../teacher/scripted-teacher.ts';
import { answerNumber, setUp } from './file-generation.ts';
import { answerWith } from './generation-fixture.ts';

const FREE = { price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } };
const ANSWER_USD = 0.00112;

describe('generating without a server', () => {
  it('reaches the target, and over its ledger sends nothing and gives the same data', async (test) => {
    const set = disposedAfter(test, await setUp((index) => answerNumber(index), FREE));
    const first = await set.generate({ target: 9 });
    assert.equal(first.stopReason, 'target');
    assert.equal(first.requests, 3);
    assert.equal(first.data.rows, 12);
    assert.equal(first.yield.accepted, 12);
    assert.equal(first.sent, set.teacher.calls.length);
    assert.equal(first.costUsd, 0);

    const sent = set.teacher.calls.length;
    const second = await set.generate({ target: 9, concurrency: 1 });
    assert.equal(set.teacher.calls.length, sent);
    assert.equal(second.sent, 0);
    assert.equal(second.data.sha256, first.data.sha256);
  });

  it('does not depend on concurrency, rounds or the order of answers', async (test) => {
    const answer = async (_: number, prompt: string): Promise<Reply> => {
      const number = Number.parseInt(hash('sha256', prompt).slice(0, 6), 16);
      await sleep(number % 20);
      return answerNumber(number);
    };
    const digests = new Set<string>();
    for (const order of [
      { concurrency: 1, roundSize: 1 },
      { concurrency: 8, roundSize: 4 },
    ]) {
      const set = disposedAfter(test, await setUp(answer, FREE));
      const { data } = await set.generate({ target: 12, seedTasks: 'builtin', ...order });
      digests.add(data.sha256);
    }
    assert.equal(digests.size, 1);
  });

  it('gives the same data beside a teacher that ends none of its answers', async (test) => {
    const quiet = disposedAfter(test, await setUp((index) => answerNumber(index), FREE));
    const { data } = await quiet.generate({ target: 9, concurrency: 1 });
    const endpoint = disposedAfter(
      test,
      await startHostileEndpoint((response) => endless(response.writeHead(200), '{"choices": [')),
    );
    const client = createTeacherClient({ ...quiet.profile, baseUrl: endpoint.baseUrl }, {});
    const sampling = { model: 'm', temperature: 1, topP: 1, maxTokens: 3072, stop: [] };
    const asked = { style: 'chat', ...sampling, messages: [{ role: 'user', content: 'Go on.' }] } as const;
    const given = Promise.allSettled(Array.from({ length: 16 }, () => client.ask(asked)));
    const beside = disposedAfter(test, await setUp((index) => answerNumber(index), FREE));
    assert.equal((await beside.generate({ target: 9, concurrency: 1 })).data.sha256, data.sha256);
    for (const { status } of await given) assert.equal(status, 'rejected');
  });

  it('tries again after rate limits, and books a cut connection at its worst case', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((index) => {
        if (index === 0) return errorReply(429, { message: 'Slow down.' }, { 'retry-after-ms': '1' });
        if (index === 2) return 'cut';
        return answerNumber(index);
      }),
    );
    const result = await set.generate({ target: 4, budgetUsd: 1 });
    assert.equal(result.stopReason, 'target');
    assert.equal(result.lost, 1);
    assert.equal(result.sent, set.teacher.calls.length - 2);
    assert.ok(result.costUsd > result.sent * ANSWER_USD);
  });

  it('goes on after any number of failures, and tells of a request from its second on', async (test) => {
    let asked = 0;
    const set = disposedAfter(
      test,
      await setUp((index) => {
        asked += 1;
        return asked <= 40
          ? errorReply(503, { message: 'Down.' }, { 'retry-after-ms': '1' })
          : answerNumber(index);
      }, FREE),
    );
    const told: string[] = [];
    const retrying = ({ code }: AlpacaError, waitMs: number) => void told.push(`${code} ${waitMs}`);
    const { data } = await set.generate({ target: 4, concurrency: 1 }, { retrying });
    assert.ok(data.rows >= 4);
    assert.deepEqual(told, Array(19).fill('TeacherUnavailable 1'));
  });

  for (const [what, tokens, says] of [
    ['whose tokens all go into thinking', 64, /gave 5 answers in a row .*all 64 tokens of each.*maxTokens/],
    ['whose context is full', 1, /gave 5 answers in a row .*after 1 of 64 tokens.*longer context/],
  ] as const)
    it(`stops after a handful of answers of a teacher ${what}, and says what to set`, async (test) => {
      const usage = { prompt_tokens: 1000, completion_tokens: tokens };
      const set = disposedAfter(test, await setUp(() => chatReply('', 'length', null, usage)));
      const run = set.generate({ target: 100, budgetUsd: 2 });
      await assert.rejects(run, { code: 'EmptyAnswers', message: says });
      assert.equal(set.teacher.calls.length, 5);
    });

  for (const [what, reply, says] of [
    [
      'that have no choices',
      { json: { choices: [], usage: { prompt_tokens: 9 } } },
      /has no choices: \{"choices":\[\]/,
    ],
    [
      'that are a stream',
      { body: 'data: {"choices":[]}\n\n' },
      /is no JSON: data: \{"choices":\[\]\}\. Check that/,
    ],
  ] as const)
    it(`stops after a handful of answers ${what}, and shows the last`, async (test) => {
      const set = disposedAfter(test, await setUp(() => reply));
      const run = set.generate({ target: 100, budgetUsd: 2 });
      await assert.rejects(run, { code: 'EmptyAnswers', message: says });
      assert.equal(set.teacher.calls.length, 5);
    });

  for (const [what, isGood, tokensOf, calls] of [
    ['are empty in two ways by turns', () => false, (index: number) => (index % 2 ? 64 : 1), 5],
    ['but for each fifth are empty', (index: number) => index % 5 === 4, () => 64, 8],
  ] as const)
    it(`stops where answers ${what}`, async (test) => {
      const set = disposedAfter(
        test,
        await setUp((index) => {
          const usage = { prompt_tokens: 1000, completion_tokens: tokensOf(index) };
          return isGood(index) ? answerNumber(index) : chatReply('', 'length', null, usage);
        }),
      );
      const asked = { concurrency: 1, promptsPerRequest: 1 };
      const run = set.generate({ target: 100, budgetUsd: 2, ...asked });
      await assert.rejects(run, { code: 'EmptyAnswers' });
      assert.equal(set.teacher.calls.length, calls);
    });

  for (const [status, code] of [
    [401, 'Authentication'],
    [402, 'QuotaExhausted'],
  ] as const)
    it(`stops at once where an answer says ${status} in place of a text`, async (test) => {
      const json = { error: { code: status, message: 'No.' } };
      const set = disposedAfter(test, await setUp(() => ({ json })));
      await assert.rejects(set.generate({ target: 100, budgetUsd: 2 }), { code });
      assert.equal(set.teacher.calls.length, 1);
    });

  it('says nothing of a limit that makes a request wait', async (test) => {
    const set = disposedAfter(
      test,
      await setUp(
        (index) =>
          index < 8 ? errorReply(429, { message: 'Slow.' }, { 'retry-after-ms': '1' }) : answerNumber(index),
        FREE,
      ),
    );
    const told: AlpacaError[] = [];
    await set.generate({ target: 4, concurrency: 1 }, { retrying: (failure) => void told.push(failure) });
    assert.deepEqual(told, []);
  });

  it('is not asked for anything before the estimate was agreed to', async (test) => {
    const set = disposedAfter(test, await setUp((index) => answerNumber(index)));
    const refusal = new Error('no');
    await assert.rejects(
      set.generate({ target: 4, budgetUsd: 1 }, { estimated: () => Promise.reject(refusal) }),
      refusal,
    );
    assert.equal(set.teacher.calls.length, 0);
  });

  it('stops before the budget could be passed, and keeps what there is', async (test) => {
    const set = disposedAfter(test, await setUp((index) => answerNumber(index)));
    const estimate = await set.estimate();
    const budgetUsd = estimate.worstCaseRequestUsd * 2;
    const result = await set.generate({ target: 1000, budgetUsd });
    assert.equal(result.stopReason, 'stopped-early');
    assert.ok(result.costUsd <= budgetUsd);
    assert.ok(result.costUsd + estimate.worstCaseRequestUsd > budgetUsd);
    assert.equal(result.costUsd.toFixed(6), (set.teacher.calls.length * ANSWER_USD).toFixed(6));
    assert.equal(result.data.rows, result.yield.accepted);
  });

  it('takes what the ledger has where there is no money for one more request', async (test) => {
    const set = disposedAfter(test, await setUp((index) => answerNumber(index)));
    await set.generate({ target: 9, budgetUsd: 1, concurrency: 1 });
    const { worstCaseRequestUsd } = await set.estimate();
    const ledger = openLedger(set.store, 'default');
    const paths = await set.store.listEntries('ledger/default');
    const keys = [...new Set(paths.map((path) => path.slice('ab/'.length).replace(/\..*$/, '')))];
    const entries = await Promise.all(keys.map((key) => ledger.read(key)));
    const [first] = entries.sort((a, b) => (a?.time ?? '').localeCompare(b?.time ?? ''));
    for (const path of paths)
      if (path.includes(first?.key ?? '')) await set.store.removeEntries(`ledger/default/${path}`);
    const again = await set.generate({ target: 9, budgetUsd: worstCaseRequestUsd, concurrency: 1 });
    assert.deepEqual([again.stopReason, again.sent], ['target', 1]);
    assert.ok(again.costUsd > 0);
  });
  for (const [what, tokens] of [
    ['is reached however little', 0],
    ['is not passed however much', 2 ** 53 - 1],
  ] as const) {
    it(`has a budget that ${what} an endpoint states that it used`, async (test) => {
      const usage = { prompt_tokens: tokens, completion_tokens: tokens };
      const set = disposedAfter(test, await setUp((index) => answerNumber(index, usage)));
      const { worstCaseRequestUsd } = await set.estimate();
      const budgetUsd = worstCaseRequestUsd * 2;
      const result = await set.generate({ target: 1000, budgetUsd });
      assert.equal(result.stopReason, 'stopped-early');
      assert.ok(result.costUsd <= budgetUsd);
      assert.equal(result.misstated, result.sent);
      assert.ok(result.sent >= 4 && result.sent < 60, `${result.sent} askings`);
    });
  }

  for (const [concurrency, sent, costUsd] of [
    [1, 3, '0.2841'],
    [8, 3, '0.2841'],
  ] as const) {
    it(`does not pass its budget with ${concurrency} requests at once where thinking is billed beside the answers: the first shows it`, async (test) => {
      const usage = {
        ...{ prompt_tokens: 700, completion_tokens: 400, total_tokens: 10_100 },
        completion_tokens_details: { reasoning_tokens: 9000 },
      };
      const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 10 };
      const set = disposedAfter(test, await setUp((index) => answerNumber(index, usage), { price }));
      const asked = { promptsPerRequest: 1, maxTokens: 3072, budgetUsd: 0.3 };
      const result = await set.generate({ target: 1000, concurrency, ...asked });
      assert.deepEqual([result.sent, result.misstated, set.teacher.calls.length], [sent, sent, sent]);
      assert.equal(result.lost, 0, 'what waited for the first was not sent');
      assert.deepEqual([result.costUsd.toFixed(4), result.completionTokens], [costUsd, sent * 9400]);
      assert.equal(result.stopReason, 'stopped-early');
    });
  }

  it('measures itself after ten requests, once, and a later run in the store goes by the record', async (test) => {
    const set = disposedAfter(test, await setUp((index) => answerNumber(index)));
    const told: Forecast[] = [];
    await set.generate({ target: 80, budgetUsd: 1 }, { refined: (forecast) => told.push(forecast) });
    const [forecast] = told;
    assert.ok(forecast);
    assert.deepEqual([told.length, forecast.basis], [1, 'measured']);
    assert.ok(forecast.requests.low <= 20 && forecast.requests.high >= 20);
    assert.ok(forecast.costUsd.value > 0.9 * 40 * ANSWER_USD && forecast.costUsd.value < 0.05);
    const { outlook } = await set.estimate();
    assert.deepEqual([outlook?.forecast.basis, outlook?.forecast.measuredRequests], ['recorded', 20]);
  });

  it('asks prompt after prompt, in order, where one request at a time is asked for', async (test) => {
    let inFlight = 0;
    let most = 0;
    const set = disposedAfter(
      test,
      await setUp(async (index) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await sleep(5);
        inFlight -= 1;
        return answerNumber(index);
      }, FREE),
    );
    const result = await set.generate({ target: 9, concurrency: 1 });
    assert.equal(most, 1);
    const rows = await readRows(await set.store.open(result.data), dataRow);
    assert.deepEqual(
      rows.filter((_, index) => index % 2 === 0).map(({ instruction }) => instruction.split(' ')[1]),
      ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'],
    );
  });

  it('refuses a paid teacher without a budget, and one that does not cover a request', async (test) => {
    const set = disposedAfter(test, await setUp((index) => answerNumber(index)));
    await assert.rejects(set.generate({ target: 4 }), {
      code: 'BudgetRequired',
      message: /"scripted" costs money, and there is no budget: about \d+ requests.*--budget/,
    });
    await assert.rejects(set.generate({ target: 4, budgetUsd: 0.000001 }), {
      code: 'BudgetRequired',
      message: /does not cover one request/,
    });
    assert.equal(set.teacher.calls.length, 0);
  });

  it('fails within one request where the key is wrong', async (test) => {
    const set = disposedAfter(test, await setUp(() => errorReply(401, { message: 'Wrong key.' }), FREE));
    await assert.rejects(set.generate({ target: 1000, concurrency: 8 }), {
      code: 'Authentication',
      message: /"scripted" does not accept the key/,
    });
    assert.equal(set.teacher.calls.length, 1);
  });

  it('ends where the yield collapses', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((index) => (index < 2 ? answerNumber(1) : chatReply('nothing')), FREE),
    );
    const result = await set.generate({ target: 1000, collapseAfter: 3, concurrency: 1 });
    assert.equal(result.stopReason, 'yield-collapsed');
    assert.equal(result.requests, 4);
    assert.equal(result.data.rows, 2);
  });

  it('says so where nothing at all was accepted', async (test) => {
    const set = disposedAfter(test, await setUp(() => chatReply('nothing'), FREE));
    await assert.rejects(
      set.generate({ target: 5, collapseAfter: 2, concurrency: 1 }),
      /No instruction was accepted from 2 requests/,
    );
  });

  it('points to the seed tasks where every prompt was refused', async (test) => {
    const set = disposedAfter(
      test,
      await setUp(() => errorReply(400, { message: 'No.', code: 'content_filter' }), FREE),
    );
    await assert.rejects(set.generate({ target: 5, collapseAfter: 2, concurrency: 1 }), {
      code: 'NothingAccepted',
      retryable: false,
      message:
        /No instruction was accepted from 2 requests: the teacher refused every prompt .* Look at the seed tasks/,
    });
  });

  it('takes structured answers through the same filters and dedupe', async (test) => {
    const task = (instruction: string) => ({ instruction, input: '', output: `out ${instruction}` });
    const tasks = [
      'Explain how bread dough rises',
      'Too short',
      'Explain how bread dough rises!',
      'Draw the moon at night',
    ];
    const set = disposedAfter(
      test,
      await setUp(() => chatReply(JSON.stringify({ tasks: tasks.map(task) })), {
        ...FREE,
        output: 'structured',
      }),
    );
    const result = await set.generate({ target: 1, concurrency: 1, promptsPerRequest: 1 });
    assert.deepEqual(result.yield, {
      asked: 4,
      parsed: 4,
      malformed: 0,
      filtered: { 'too-short': 1, 'forbidden-word': 1 },
      similar: 1,
      accepted: 1,
    });
    assert.match(set.teacher.calls[0]?.prompt ?? '', /###\nNow write tasks 2 to 4 as JSON/);
  });

  it('drops and counts rows with half of a surrogate pair, as the endpoint wrote it', async (test) => {
    const text = answerWith('Explain how bread dough rises', 'Name three long \ud83d rivers of Asia');
    const set = disposedAfter(test, await setUp(() => chatReply(text), FREE));
    const result = await set.generate({ target: 1, concurrency: 1, promptsPerRequest: 1 });
    assert.deepEqual([result.yield.filtered, result.data.rows], [{ 'half-surrogate': 1 }, 1]);
  });

  it('takes rows that exist in place of a teacher', async (test) => {
    const set = disposedAfter(test, await setUp(() => 'cut'));
    const path = join(set.folder, 'rows.jsonl');
    await writeFile(path, '{"instruction":"a","input":"","output":"b"}\n');
    const result = await set.generate({ from: path });
    assert.equal(result.stopReason, 'imported');
    // As the workflow counts: no teacher was asked for them.
    assert.deepEqual(result.yield, {
      asked: 1,
      parsed: 1,
      malformed: 0,
      filtered: {},
      similar: 0,
      accepted: 1,
    });
    assert.equal(await readFile(await set.store.open(result.data), 'utf8'), await readFile(path, 'utf8'));
  });
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { createPool } from '../../../../../activities/dedupe/corpus/pool.ts';
import { createWarmPools } from '../../../../../activities/generate/accept/accepted-pool.ts';
import { readAccepted } from '../../../../../activities/generate/accept/accepted-state.ts';
import { gatherAccepted } from '../../../../../activities/generate/accept/gather.ts';
import { readNewest, recordNewest } from '../../../../../activities/generate/accept/newest.ts';
import { acceptRound } from '../../../../../activities/generate/accept/round.ts';
import { generationRequest } from '../../../../../activities/generate/prompt/run-prompts.ts';
import { type LedgerEntry, ledgerKey } from '../../../../../activities/teacher/ledger/ledger.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import { requestYield } from '../../../../../workflows/contracts/generate.ts';
import type { AcceptRoundInput } from '../../../../../workflows/contracts/generate-activities.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { measuredDuring } from '../../../../measured.ts';
import { startScriptedTeacher } from '../../teacher/scripted-teacher.ts';
import { answerWith, openSmallRun, temporaryStore } from '../generation-fixture.ts';

const RED = 'Describe a red balloon in winter';
const BREAD = 'Explain how bread dough rises overnight';
const RIVER = 'Name three long rivers of Asia';
const POEM = 'Compose some verses about quiet harbours';
const TAXES = 'List reasons why people pay taxes';

const INPUT: Omit<AcceptRoundInput, 'settings'> = {
  threshold: 0.7,
  tokenization: 'rouge',
  firstRequest: 0,
  requests: 2,
  pool: null,
  target: 100,
  collapseAfter: 50,
  emptyRequests: 0,
  seconds: null,
};

describe('a round', () => {
  it('accepts rows in index order with their provenance, and counts every row asked for', async (test) => {
    const measured = measuredDuring(test);
    const set = disposedAfter(
      test,
      await setUp({
        '0/0': answerWith(RED, 'Too short', BREAD),
        '0/1': answerWith(RED, 'Draw me a picture of it', 'Sort the given words'),
        '1/0': answerWith(RIVER),
        '1/1': { outcome: 'refused' },
      }),
    );
    const round = await set.accept(INPUT);
    assert.deepEqual(
      { ...round, pool: undefined, observed: undefined },
      {
        pool: undefined,
        observed: undefined,
        accepted: 3,
        requestsUsed: 2,
        outcome: 'continue',
        emptyRequests: 0,
        byShare: {},
        yield: {
          asked: 12,
          parsed: 7,
          malformed: 5,
          filtered: { 'too-short': 1, 'forbidden-word': 1 },
          similar: 2,
          accepted: 3,
        },
      },
    );
    assert.deepEqual(await set.rows(round.pool), [
      [RED, '0/0/0'],
      [BREAD, '0/0/2'],
      [RIVER, '1/0/0'],
    ]);
    assert.deepEqual(
      Object.entries(measured).filter(([series]) => series.startsWith('alpaca_rows')),
      Object.entries({
        alpaca_rows_asked: 12,
        alpaca_rows_accepted: 3,
        'alpaca_rows_dropped{step="generate", rule="malformed"}': 5,
        'alpaca_rows_dropped{step="generate", rule="similar"}': 2,
        'alpaca_rows_dropped{step="generate", rule="too-short"}': 1,
        'alpaca_rows_dropped{step="generate", rule="forbidden-word"}': 1,
      }),
    );
    assert.ok((measured['alpaca_store_written_bytes{kind="yield"}'] ?? 0) > 100);
  });

  it('writes down for watchers the newest rows, and why others were not accepted, over rounds', async (test) => {
    const set = disposedAfter(
      test,
      await setUp({
        '0/0': answerWith(RED, BREAD),
        '0/1': answerWith('Too short'),
        '1/0': answerWith(RIVER),
        '1/1': answerWith(RED),
      }),
    );
    const first = await set.accept({ ...INPUT, requests: 1 });
    const second = { ...INPUT, firstRequest: 1, requests: 1, pool: first.pool };
    const { pool } = await set.accept(second);
    await set.accept(second);
    const newest = await readNewest(set.store, 'my/run');
    assert.deepEqual([newest?.pool, newest?.at], [pool, '2026-11-30T00:00:00.000Z']);
    assert.deepEqual(
      newest?.accepted.map(({ instruction }) => instruction),
      [RIVER, BREAD, RED],
    );
    assert.deepEqual(
      newest?.refused.map(({ instruction, why }) => [instruction, why]),
      [
        [RED, `too similar (ROUGE-L 1.00) to: ${RED}`],
        ['Too short', 'too short'],
      ],
    );
    await set.accept({ ...INPUT, requests: 1 });
    const ofAnotherRun = await readNewest(set.store, 'my/run');
    assert.equal(ofAnotherRun?.accepted.length, 2, 'what another run of the id left is not of this one');
  });

  it('is accepted whatever becomes of what watchers are shown', async (test) => {
    const set = disposedAfter(test, await setUp({ '0/0': answerWith(RED), '0/1': { outcome: 'refused' } }));
    for (const unreadable of ['{"pool":', '{"accepted":[]}']) {
      await set.store.writeEntry('generation/my%2Frun/newest.json', unreadable);
      assert.equal((await set.accept({ ...INPUT, requests: 1 })).accepted, 1);
      assert.equal((await readNewest(set.store, 'my/run'))?.accepted.length, 1);
    }
    const { pool } = await set.accept({ ...INPUT, requests: 1 });
    const unwritable = async () => {
      throw new Error('no space left');
    };
    await recordNewest(
      { ...set.store, readEntry: unwritable, writeEntry: unwritable },
      { run: 'my/run', at: '2026-11-30T00:00:00.000Z' },
      { before: null, pool, accepted: [], refused: [] },
    );
  });

  it('drops what is no text in any field, by name and before the recipe’s filters', async (test) => {
    const set = disposedAfter(
      test,
      await setUp({
        '0/0': answerWith(`${RED}\ud83d`, `${BREAD}\0`, 'Too\u0007short'),
        '0/1': answerWith(RIVER).replace(/Output:/, '$&\u001b'),
      }),
    );
    const round = await set.accept({ ...INPUT, requests: 1 });
    assert.deepEqual(round.yield.filtered, { 'half-surrogate': 1, nul: 1, 'control-character': 2 });
    assert.equal(round.accepted, 0);
  });

  it('drops the last segment of an answer that was cut', async (test) => {
    const set = disposedAfter(
      test,
      await setUp({
        '0/0': { text: answerWith(RED, BREAD), finishReason: 'length' },
        '0/1': { text: answerWith(RIVER, POEM), finishReason: 'content_filter' },
      }),
    );
    const round = await set.accept({ ...INPUT, requests: 1 });
    assert.deepEqual(await set.instructions(round.pool), [RED, RIVER]);
    assert.equal(round.yield.malformed, 6);
  });

  it('stops after the request that reaches the target, which is kept whole', async (test) => {
    const set = disposedAfter(
      test,
      await setUp({
        '0/0': answerWith(RED),
        '0/1': answerWith(BREAD),
        '1/0': answerWith(RIVER),
        '1/1': answerWith(POEM),
        '2/0': answerWith(TAXES),
        '2/1': answerWith(),
      }),
    );
    const round = await set.accept({ ...INPUT, requests: 3, target: 3 });
    assert.equal(round.outcome, 'target');
    assert.equal(round.requestsUsed, 2);
    assert.equal(round.accepted, 4);
    assert.deepEqual(await set.instructions(round.pool), [RED, BREAD, RIVER, POEM]);
  });

  it('considers nothing where the target, lowered meanwhile, is reached', async (test) => {
    const set = disposedAfter(test, await setUp({ '0/0': answerWith(RED), '0/1': answerWith(BREAD) }));
    const first = await set.accept({ ...INPUT, requests: 1 });
    const second = await set.accept({ ...INPUT, firstRequest: 1, pool: first.pool, target: 2 });
    assert.equal(second.outcome, 'target');
    assert.equal(second.requestsUsed, 0);
    assert.deepEqual(second.pool, first.pool);
  });

  it('ends where too many requests in a row gave nothing, counted over rounds', async (test) => {
    const set = disposedAfter(
      test,
      await setUp({
        '0/0': answerWith(RED),
        '0/1': '',
        '1/0': answerWith(RED),
        '1/1': '',
        '2/0': 'nothing of use',
        '2/1': '',
        '3/0': answerWith(RIVER),
        '3/1': '',
      }),
    );
    const first = await set.accept({ ...INPUT, collapseAfter: 2 });
    assert.equal(first.outcome, 'continue');
    assert.equal(first.emptyRequests, 1);
    const second = await set.accept({
      ...INPUT,
      collapseAfter: 2,
      firstRequest: 2,
      pool: first.pool,
      emptyRequests: first.emptyRequests,
    });
    assert.equal(second.outcome, 'collapsed');
    assert.equal(second.requestsUsed, 1);
    assert.equal(second.accepted, 1);
  });

  it('gives the same artifact whether its pool was warm or is made again, in one round or in two', async (test) => {
    const answers = {
      '0/0': answerWith(RED),
      '0/1': answerWith(BREAD),
      '1/0': answerWith(RED, RIVER),
      '1/1': answerWith('Explain how bread dough rises'),
    };
    const warm = disposedAfter(test, await setUp(answers));
    const cold = disposedAfter(test, await setUp(answers));
    const one = await warm.accept({ ...INPUT, requests: 1 });
    const two = await warm.accept({ ...INPUT, requests: 1, firstRequest: 1, pool: one.pool });
    const again = await cold.accept({ ...INPUT, requests: 1 });
    await cold.forget();
    const rebuilt = await cold.accept({ ...INPUT, requests: 1, firstRequest: 1, pool: again.pool });
    assert.equal(rebuilt.pool.sha256, two.pool.sha256);
    assert.deepEqual(await warm.instructions(two.pool), [RED, BREAD, RIVER]);

    const whole = disposedAfter(test, await setUp(answers));
    const both = await whole.accept(INPUT);
    const { data: joined } = await gathered(both.pool, whole.store);
    const { data: parts } = await gathered(two.pool, warm.store);
    assert.equal(joined.sha256, parts.sha256);
    assert.equal(joined.rows, 3);
  });

  it('says for each request what became of its rows, whatever the rounds were', async (test) => {
    const answers = {
      '0/0': answerWith(RED, 'Too short', BREAD),
      '0/1': answerWith(RED, 'Draw me a picture of it', 'Sort the given words'),
      '1/0': { text: answerWith(RIVER), usage: { promptTokens: 100, completionTokens: 20 }, costUsd: 0.5 },
      '1/1': { outcome: 'refused' as const },
    };
    const set = disposedAfter(test, await setUp(answers));
    const first = await set.accept({ ...INPUT, requests: 1 });
    const second = await set.accept({ ...INPUT, requests: 1, firstRequest: 1, pool: first.pool });
    const { yieldByRequest } = await gathered(second.pool, set.store);
    assert.equal(yieldByRequest.rows, 2);
    const free = { refused: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 };
    assert.deepEqual(await readRows(await set.store.open(yieldByRequest), requestYield), [
      {
        ...{ request: 0, asked: 8, parsed: 6, malformed: 2, similar: 2, accepted: 2, ...free },
        filtered: { 'too-short': 1, 'forbidden-word': 1 },
      },
      {
        ...{ request: 1, asked: 4, parsed: 1, malformed: 3, similar: 0, accepted: 1, filtered: {} },
        ...{ refused: 1, promptTokens: 100, completionTokens: 20, costUsd: 0.5 },
      },
    ]);
    assert.deepEqual(second.observed?.acceptedByGrowth, [
      { step: 0, accepted: { count: 2, sum: 3, squares: 5 } },
    ]);
  });

  it('names the prompt that has no answer', async (test) => {
    const set = disposedAfter(test, await setUp({ '0/0': answerWith(RED) }));
    await assert.rejects(set.accept({ ...INPUT, requests: 1 }), {
      code: 'NotFound',
      message: /The ledger "test" has no answer for prompt 1 of request 0.*"scripted"/,
    });
  });
});

/** A ledger with the given answers, by request and prompt. */
async function setUp(answers: Record<string, string | Partial<LedgerEntry>>) {
  const temporary = await temporaryStore();
  const { store } = temporary;
  const teacher = await startScriptedTeacher(() => 'cut');
  const run = await openSmallRun(store, teacher.profile());
  await teacher[Symbol.asyncDispose]();
  const pools = createWarmPools(store, createPool);
  // Answers arrive in any order: here the last first.
  for (const [place, answer] of Object.entries(answers).reverse()) {
    const [request = 0, prompt = 0] = place.split('/').map(Number);
    const original = generationRequest(run.prompts.text(request, prompt), run.settings, run.profile);
    const occurrence = run.prompts.occurrence(request, prompt);
    await run.ledger.record({
      key: ledgerKey(original, occurrence),
      occurrence,
      request: { ...original },
      outcome: 'answered',
      text: '',
      finishReason: 'stop',
      usage: null,
      maxTokens: 64,
      costUsd: 0,
      model: 'm',
      profile: 'scripted',
      paidBy: 'test',
      time: new Date().toISOString(),
      ...(typeof answer === 'string' ? { text: answer } : answer),
    });
  }
  const read = async (pool: AcceptRoundInput['pool']) => {
    const lines: { instruction: string; provenance: { request: number; prompt: number; segment: number } }[] =
      [];
    for (const segment of (await readAccepted(store, pool)).segments)
      for (const line of (await readFile(await store.open(segment), 'utf8')).split('\n').filter(Boolean))
        lines.push(JSON.parse(line));
    return lines;
  };
  return {
    store,
    accept: (input: Omit<AcceptRoundInput, 'settings'>) =>
      acceptRound(input, run, store, pools, unwatched, { run: 'my/run', at: '2026-11-30T00:00:00.000Z' }),
    instructions: async (pool: AcceptRoundInput['pool']) =>
      (await read(pool)).map(({ instruction }) => instruction),
    rows: async (pool: AcceptRoundInput['pool']) =>
      (await read(pool)).map(({ instruction, provenance: { request, prompt, segment } }) => [
        instruction,
        `${request}/${prompt}/${segment}`,
      ]),
    /** as a worker that died would: nothing is warm */
    forget: () => pools.close(),
    async [Symbol.asyncDispose]() {
      await pools.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

function gathered(pool: ArtifactReference, store: ArtifactStore) {
  const opensNone = () => assert.fail('no run is needed');
  return gatherAccepted({ pool, selfInstruct: null }, opensNone, store, unwatched);
}

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { batchesOf, embedTexts } from '../../../../../activities/dedupe/embedding/embed-texts.ts';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import {
  createEmbeddingClient,
  type EmbeddingClient,
  type Embeddings,
} from '../../../../../activities/teacher/embeddings.ts';
import { createAdmissions } from '../../../../../activities/teacher/limits/admissions.ts';
import { loadProfiles } from '../../../../../activities/teacher/profile/profiles.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { startScriptedTeacher } from '../../teacher/scripted-teacher.ts';

const { get } = await loadProfiles({ env: {}, offlineTeacherUrl: 'http://127.0.0.1:1/v1' });

const failure = (mayBePaid: boolean) =>
  new TeacherFailure('TeacherUnavailable', 'It is down.', { mayBePaid, retryAfterMs: 1 });

/** The vector of a text: its length, and 1. */
const vectorOf = (text: string) => Float32Array.of(text.length, 1);
const VECTORS = new Map([
  ['a', [1, 1]],
  ['bb', [2, 1]],
]);

/** One cent a token; each text has one token. Answers, or throws, by turns; then it answers. */
function clientOf(turns: (Error | Embeddings | null)[] = []) {
  const asked: string[][] = [];
  const client: EmbeddingClient = {
    profile: get('offline'),
    model: 'lengths',
    usdPerMillion: 10_000,
    admission: createAdmissions()(get('offline')),
    async embed(texts) {
      const turn = turns[asked.length] ?? null;
      asked.push([...texts]);
      if (turn instanceof Error) throw turn;
      return turn ?? { vectors: texts.map(vectorOf), promptTokens: texts.length };
    },
  };
  return { client, asked };
}

describe('embedding texts', () => {
  let root: string;
  let store: ArtifactStore;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-embed-'));
    store = createLocalStore({ root });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const embed = (
    texts: readonly string[],
    client: EmbeddingClient,
    { paidBy = 'run 1', budgetUsd = 100 }: { paidBy?: string; budgetUsd?: number | null } = {},
  ) => embedTexts(texts, { client, store, paidBy, budgetUsd }, unwatched);

  it('asks for each text once, and for no blank one', async () => {
    const { client, asked } = clientOf();
    const { vectors, dimensions, costs } = await embed(['bb', ' ', 'a', 'bb', ''], client);
    assert.deepEqual(asked, [['bb', 'a']]);
    assert.equal(dimensions, 2);
    assert.deepEqual(
      [...vectors],
      [...(VECTORS.get('bb') ?? []), 0, 0, ...(VECTORS.get('a') ?? []), ...(VECTORS.get('bb') ?? []), 0, 0],
    );
    assert.deepEqual(costs, { sent: 2, lost: 0, promptTokens: 2, costUsd: 0.02 });
  });

  it('pays for no text again: not in another run, nor where others come with it', async () => {
    await embed(['a', 'bb'], clientOf().client);
    const { client, asked } = clientOf();
    const { vectors, costs } = await embed(['ccc', 'bb', 'a'], client, { paidBy: 'run 2' });
    assert.deepEqual(asked, [['ccc']]);
    assert.deepEqual([...vectors], [3, 1, 2, 1, 1, 1]);
    assert.deepEqual(costs, { sent: 1, lost: 0, promptTokens: 1, costUsd: 0.01 });
  });

  it('counts what an earlier attempt of the same run paid', async () => {
    await embed(['a'], clientOf().client);
    const { costs } = await embed(['a', 'bb'], clientOf().client);
    assert.deepEqual(costs, { sent: 2, lost: 0, promptTokens: 2, costUsd: 0.02 });
  });

  it('asks again after a failure, which it never keeps', async () => {
    const { client, asked } = clientOf([failure(false)]);
    const { costs } = await embed(['a'], client);
    assert.equal(asked.length, 2);
    assert.deepEqual(costs, { sent: 1, lost: 0, promptTokens: 1, costUsd: 0.01 });
    const another = clientOf();
    assert.deepEqual((await embed(['a'], another.client)).costs, costs);
    assert.deepEqual(another.asked, []);
  });

  it('books the worst case of what was sent and had no answer, in this attempt and the next', async () => {
    const { client } = clientOf([failure(true)]);
    const { costs } = await embed(['a'], client);
    // 1 byte and 16 tokens of format, a cent each; and the cent of the answer
    assert.deepEqual(costs, { sent: 1, lost: 1, promptTokens: 1, costUsd: 0.17 + 0.01 });
    const { costs: after } = await embed(['a'], clientOf().client);
    assert.deepEqual([after.sent, after.lost], [1, 1]);
    assert.equal(after.costUsd.toFixed(6), '0.180000');
  });

  it('fails with the reason of a teacher that does not come back, and keeps what it has', async () => {
    const { client, asked } = clientOf(new Array(8).fill(failure(false)));
    await assert.rejects(embed(['a'], client), /It is down/);
    assert.equal(asked.length, 8);
  });

  it('never passes the budget: the worst case is reserved first', async () => {
    const { client, asked } = clientOf();
    await assert.rejects(embed(['a'], client, { budgetUsd: 0.169 }), {
      code: 'BudgetReached',
      message:
        /^Embedding cannot go on: the budget of 0\.1690 USD is reached: 0\.00 USD is spent and one more batch can cost 0\.17 USD\./,
    });
    assert.deepEqual(asked, []);
    await embed(['a'], client, { budgetUsd: 0.17 });
    await assert.rejects(embed(['a', 'bb'], client, { budgetUsd: 0.18 }), { code: 'BudgetReached' });
  });

  it('refuses a teacher that costs money where there is no budget', async () => {
    const { client, asked } = clientOf();
    await assert.rejects(embed(['a'], client, { budgetUsd: null }), {
      code: 'BudgetRequired',
      message: /costs money, and there is no budget/,
    });
    assert.deepEqual(asked, []);
    await embed(['a'], { ...client, usdPerMillion: 0 }, { budgetUsd: null });
  });

  it('books the worst case where the endpoint states no usage', async () => {
    const { client } = clientOf([{ vectors: [vectorOf('a')], promptTokens: null }]);
    const { costs } = await embed(['a'], client);
    assert.deepEqual(costs, { sent: 1, lost: 0, promptTokens: 0, costUsd: 0.17 });
  });

  it('refuses to mix dimensions, and does not keep the odd ones', async () => {
    await embed(['a'], clientOf().client);
    const { client } = clientOf([{ vectors: [Float32Array.of(1, 0, 0)], promptTokens: 1 }]);
    await assert.rejects(embed(['a', 'bb'], client), /lengths gave embeddings of 2 and of 3 dimensions/);
    assert.deepEqual([...(await embed(['a', 'bb'], clientOf().client)).vectors], [1, 1, 2, 1]);
  });

  it('names kept vectors that are damaged', async () => {
    await embed(['a'], clientOf().client);
    const names = await readdir(root, { recursive: true });
    const path = join(root, names.find((name) => name.endsWith('.f32')) ?? '');
    await writeFile(path, Buffer.alloc(8));
    await assert.rejects(embed(['a'], clientOf().client), {
      code: 'CorruptArtifact',
      message: /\.f32 are damaged .*paid for again/,
    });
  });

  it("keeps, with whoever else embeds, to the embedding model's tokens a minute", async (test) => {
    const windowMs = 300;
    const limits = { requestsPerMinute: null, tokensPerMinute: 1000, windowSeconds: windowMs / 1000 };
    const log: { at: number; tokens: number }[] = [];
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(({ body: { input = [] } }) => {
        const tokens = input.reduce((sum, text) => sum + text.length, 0);
        log.push({ at: performance.now(), tokens });
        const data = input.map((text, index) => ({ index, embedding: [text.length, 1] }));
        return { json: { data, usage: { prompt_tokens: tokens } } };
      }),
    );
    const profile = teacher.profile({
      embeddingModel: 'embedder',
      embeddingUsdPerMillion: 0,
      embeddingLimits: { ...limits, leasesPerSecond: 50 },
    });
    const admissions = createAdmissions();
    const some = (letter: string) => Array.from({ length: 8 }, (_, at) => letter.repeat(400 + at));
    await Promise.all(
      ['x', 'y'].map((letter) => embed(some(letter), createEmbeddingClient(profile, {}, { admissions }))),
    );
    assert.equal(
      log.flatMap(({ tokens }) => tokens).reduce((a, b) => a + b),
      2 * (8 * 400 + 28),
    );
    for (const { at: from } of log) {
      const within = log.filter(({ at }) => at >= from && at < from + windowMs);
      const tokens = within.reduce((sum, request) => sum + request.tokens, 0);
      assert.ok(tokens <= 1000, `${tokens} tokens within a window`);
    }
  });

  it('has as many batches in flight as its profile says', async () => {
    const texts = Array.from({ length: 10 * 128 }, (_, i) => `text ${i}`);
    for (const [concurrency, expected] of [
      [2, 2],
      [7, 7],
      [null, 4],
    ] as const) {
      const { client } = clientOf();
      const profile = { ...client.profile, name: `of ${concurrency}`, concurrency };
      let inFlight = 0;
      let most = 0;
      const full = Promise.withResolvers<void>();
      const counting: EmbeddingClient = {
        ...client,
        profile,
        model: profile.name,
        usdPerMillion: 0,
        admission: createAdmissions()(profile),
        async embed(batch, options) {
          inFlight += 1;
          most = Math.max(most, inFlight);
          if (inFlight === expected) full.resolve();
          await Promise.race([full.promise, sleep(5000, undefined, { ref: false })]);
          inFlight -= 1;
          return client.embed(batch, options);
        },
      };
      await embed(texts, counting);
      assert.equal(most, expected, profile.name);
    }
  });

  it('keeps a batch that was sent when the attempt is stopped, and sends no other', async () => {
    const texts = Array.from({ length: 3 * 128 }, (_, i) => `text ${i}`);
    const stop = new AbortController();
    const { client, asked } = clientOf();
    const slow: EmbeddingClient = {
      ...client,
      profile: { ...client.profile, concurrency: 1 },
      async embed(batch, options) {
        stop.abort(new Error('stopped'));
        await sleep(50);
        return client.embed(batch, options);
      },
    };
    const sources = { client: slow, store, paidBy: 'run 1', budgetUsd: 100 };
    await assert.rejects(embedTexts(texts, sources, { signal: stop.signal, report() {} }), {
      message: 'stopped',
    });
    assert.equal(asked.length, 1);
    const { costs } = await embed(texts, client);
    assert.equal(asked.length, 3);
    assert.deepEqual(costs, { sent: 384, lost: 0, promptTokens: 384, costUsd: 3.84 });
  });

  it('waits for what another run has on its way, and does not pay for it', async () => {
    const release = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { client, asked } = clientOf();
    const slow: EmbeddingClient = {
      ...client,
      async embed(batch, options) {
        begun.resolve();
        await release.promise;
        return client.embed(batch, options);
      },
    };
    const terminated = embed(['a'], slow);
    await begun.promise;
    const later = embed(['a'], client, { paidBy: 'run 2' });
    await sleep(50);
    release.resolve();
    assert.equal((await terminated).costs.costUsd, 0.01);
    assert.equal((await later).costs.costUsd, 0);
    assert.equal(asked.length, 1);
  });

  it('pays for no batch twice where another process goes on sending for a while', async () => {
    const texts = Array.from({ length: 12 * 128 }, (_, i) => `text ${i}`);
    const { client, asked } = clientOf();
    const stop = new AbortController();
    const slow: EmbeddingClient = {
      ...client,
      profile: { ...client.profile, concurrency: 1 },
      async embed(batch, options) {
        if (asked.length === 6) stop.abort(new Error('it was terminated'));
        await sleep(50);
        return client.embed(batch, options);
      },
    };
    const ofProcess = (paidBy: string, signal = unwatched.signal) =>
      embedTexts(
        texts,
        { client: slow, store: createLocalStore({ root }), paidBy, budgetUsd: 100 },
        { signal, report() {} },
      );
    const terminated = ofProcess('run 1', stop.signal).catch(() => {});
    await sleep(25);
    await ofProcess('run 2');
    await terminated;
    assert.equal(asked.length, 12);
  });

  it('bounds a batch by texts and by bytes', () => {
    const sizes = (texts: string[]) => [...batchesOf(texts)].map((batch) => batch.length);
    assert.deepEqual(sizes(new Array(300).fill('a')), [128, 128, 44]);
    assert.deepEqual(sizes(['물'.repeat(80_000), 'x'.repeat(10_001), 'a']), [1, 2]);
    assert.deepEqual(sizes(['x'.repeat(300_000), 'a']), [1, 1]);
    assert.deepEqual(sizes([]), []);
  });
});

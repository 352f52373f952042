import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddingPass } from '../../../workflows/contracts/dedupe.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { budgetReachedError, SharedBudget } from '../../teacher/budget.ts';
import {
  BATCH,
  type EmbeddingClient,
  mostTokensOfTexts,
  requireEmbeddingBudget,
  worstCaseOfTexts,
} from '../../teacher/embeddings.ts';
import { TeacherFailure } from '../../teacher/failures.ts';
import type { Sending as Admitted } from '../../teacher/limits/admission.ts';
import type { TextVectors } from './decide-by-cosine.ts';
import { Matrix } from './matrix.ts';
import { digestOfText, type EmbeddingIntent, openVectorStore, type VectorStore } from './vector-store.ts';

export interface EmbeddingSources {
  client: EmbeddingClient;
  /** keeps the vectors */
  store: ArtifactStore;
  /** the most dollars that `paidBy` may spend in all its attempts; null only where embedding is free */
  budgetUsd: number | null;
  /** names the run in what it pays for, the same for each attempt */
  paidBy: string;
}

/** What was paid, by this attempt and those before it. */
export type EmbeddingCosts = Pick<EmbeddingPass, 'sent' | 'lost' | 'promptTokens' | 'costUsd'>;

/** Batches in flight; the profile's `concurrency` may allow fewer. */
const CONCURRENT_BATCHES = 4;
/** Failures in a row of one batch that may pass by themselves, before the step is failed. */
const TRIES = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;

/**
 * The vectors of texts, in their order: from the store where the model has embedded a text before, and from
 * the teacher, in batches, where not. A blank text is not sent; its vector is zero. A batch is declared
 * before it is sent and kept before anything else happens to it; one that was declared and has no answer is
 * booked at its worst case and sent again.
 *
 * @throws AlpacaError Configuration (a price without a budget), BudgetReached, CorruptArtifact; TeacherFailure
 */
export async function embedTexts(
  texts: readonly string[],
  { client, store, budgetUsd, paidBy }: EmbeddingSources,
  attempt: Attempt,
): Promise<TextVectors & { costs: EmbeddingCosts }> {
  requireEmbeddingBudget(client, budgetUsd);
  const kept = openVectorStore(store, client.model);
  const matrix = new Matrix(texts, client.model);
  const costs: EmbeddingCosts = { sent: 0, lost: 0, promptTokens: 0, costUsd: 0 };
  const { batches, lost } = await kept.read();
  for (const batch of batches) {
    attempt.signal.throwIfAborted();
    if (batch.paidBy === paidBy) {
      costs.sent += batch.texts.length;
      costs.promptTokens += batch.promptTokens ?? 0;
      costs.costUsd += batch.costUsd;
    }
    if (matrix.lacksSome(batch.texts)) matrix.fill(batch.texts, await kept.vectorsOf(batch));
  }
  for (const { paidBy: by, texts: count, worstCaseUsd } of lost) {
    if (by !== paidBy) continue;
    costs.lost += count;
    costs.costUsd += worstCaseUsd;
  }
  const budget = new SharedBudget(budgetUsd, costs.costUsd);
  const sender = new Sender({ client, kept, budget, paidBy, matrix, costs }, attempt);
  await sender.sendAll(batchesOf(matrix.missing(), mostBytes(client)));
  return { ...matrix.finished(), costs: { ...costs, costUsd: budget.spentUsd } };
}

/** A batch that could pass the limit of a minute by itself would be refused whenever it came. */
function mostBytes({ profile }: EmbeddingClient): number {
  return Math.min(BATCH.bytes, profile.embeddingLimits?.tokensPerMinute ?? BATCH.bytes);
}

/** Divides texts so that no request has too many texts or bytes; a text that is too long alone goes alone. */
export function* batchesOf(texts: Iterable<string>, bytesAtMost: number = BATCH.bytes): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    if (batch.length === BATCH.texts || (batch.length > 0 && bytes + size > bytesAtMost)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(text);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Milliseconds until a batch is sent again: what the endpoint says, however long, else longer each time.
 *
 * @param failures in a row, this one included
 */
export function waitAfter({ retryAfterMs }: Pick<TeacherFailure, 'retryAfterMs'>, failures: number): number {
  return retryAfterMs ?? Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
}

interface Sending {
  client: EmbeddingClient;
  kept: VectorStore;
  budget: SharedBudget;
  paidBy: string;
  matrix: Matrix;
  costs: EmbeddingCosts;
}

class Sender {
  readonly #sending: Sending;
  readonly #attempt: Attempt;
  #failed = false;

  constructor(sending: Sending, attempt: Attempt) {
    this.#sending = sending;
    this.#attempt = attempt;
  }

  /** A failure stops further batches; those in flight are awaited, since they may be paid for. */
  async sendAll(batches: Iterator<string[]>): Promise<void> {
    const lanes = Array.from({ length: CONCURRENT_BATCHES }, () => this.#sendNext(batches));
    for (const ended of await Promise.allSettled(lanes)) if (ended.status === 'rejected') throw ended.reason;
  }

  async #sendNext(batches: Iterator<string[]>): Promise<void> {
    try {
      while (!this.#failed) {
        const { done, value } = batches.next();
        if (done) return;
        await this.#send(value);
        const { known, texts } = this.#sending.matrix;
        this.#attempt.report({ done: known, total: texts, unit: 'texts', note: 'embedding' });
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  /** Sends a batch until it is answered. */
  async #send(texts: readonly string[]): Promise<void> {
    const { client } = this.#sending;
    const { signal } = this.#attempt;
    for (let failures = 1; ; failures += 1) {
      try {
        return await client.admission.run(mostTokensOfTexts(texts), { signal }, (admitted) =>
          this.#sendOnce(texts, admitted),
        );
      } catch (error) {
        if (!(error instanceof TeacherFailure) || !error.retryable || failures === TRIES) throw error;
        await delay(waitAfter(error, failures), undefined, { signal });
      }
    }
  }

  /** The worst case is reserved before asking, so that the cap holds whatever comes back. */
  async #sendOnce(texts: readonly string[], admitted: Admitted): Promise<void> {
    const { client, budget, costs } = this.#sending;
    const worstCaseUsd = worstCaseOfTexts(texts, client.usdPerMillion);
    const reservation = await budget.reserve(worstCaseUsd);
    if (reservation === null) {
      const about = { who: 'Embedding', what: 'one more batch', worstCaseUsd, kept: 'the embeddings' };
      throw budgetReachedError(budget, about);
    }
    let paidUsd = worstCaseUsd;
    try {
      paidUsd = await this.#ask(texts, worstCaseUsd, admitted);
    } catch (error) {
      if (error instanceof TeacherFailure && !error.mayBePaid) paidUsd = 0;
      else costs.lost += texts.length;
      throw error;
    } finally {
      reservation.settle(paidUsd);
    }
  }

  async #ask(texts: readonly string[], worstCaseUsd: number, admitted: Admitted): Promise<number> {
    const { client, kept, paidBy, matrix, costs } = this.#sending;
    const { signal } = this.#attempt;
    signal.throwIfAborted();
    const about = { model: client.model, profile: client.profile.name, paidBy };
    const intent: EmbeddingIntent = { ...about, time: now(), texts: texts.length, worstCaseUsd };
    const asking = await kept.declare(texts, intent);
    const { vectors, promptTokens } = await client
      .embed(texts, { signal, idempotencyKey: asking })
      .catch(async (error) => {
        if (error instanceof TeacherFailure && !error.mayBePaid)
          await kept.close(asking, intent, `${error.code}: ${error.message}`);
        throw error;
      });
    admitted.ended(promptTokens);
    const dimensions = vectors[0]?.length ?? 0;
    matrix.checkDimensions(dimensions);
    const costUsd = promptTokens === null ? worstCaseUsd : (promptTokens * client.usdPerMillion) / 1e6;
    const digests = texts.map(digestOfText);
    const answer = { ...about, time: now(), texts: digests, dimensions, promptTokens, costUsd };
    await whileDiskIsFull(() => kept.record(asking, answer, vectors), signal);
    for (const [place, vector] of vectors.entries()) matrix.fill([digests[place] ?? ''], vector);
    costs.sent += texts.length;
    costs.promptTokens += promptTokens ?? 0;
    return costUsd;
  }
}

/** Between two tries to write an answer down on a full disk, in milliseconds. */
const DISK_FULL_WAIT_MS = 1000;

/** The answer is paid for: as long as the attempt lives it waits for room on the disk. */
async function whileDiskIsFull(record: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await record();
    } catch (error) {
      if (!(error instanceof AlpacaError) || error.code !== 'StorageFull') throw error;
      await delay(DISK_FULL_WAIT_MS, undefined, { signal });
    }
  }
}

function now(): string {
  return new Date().toISOString();
}

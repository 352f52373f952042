import type { EmbeddingPass } from '../../../workflows/contracts/dedupe.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { untilStored } from '../../artifacts/until-stored.ts';
import type { Attempt } from '../../attempt.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import { TeacherFailure } from '../../teacher/answer/failures.ts';
import {
  BATCH,
  type EmbeddingClient,
  mostTokensOfTexts,
  requireEmbeddingBudget,
  worstCaseOfTexts,
} from '../../teacher/embeddings.ts';
import { type OnTheWay, onTheWayIn } from '../../teacher/ledger/on-the-way.ts';
import type { RequestInFlight } from '../../teacher/limits/admission.ts';
import { budgetReachedError, SharedBudget } from '../../teacher/profile/budget.ts';
import { type RetryTeller, untilItPasses } from '../../teacher/until-it-passes.ts';
import type { TextVectors } from './decide-by-cosine.ts';
import { Matrix } from './matrix.ts';
import {
  batchOf,
  digestOfText,
  type EmbeddingIntent,
  type OpenIntent,
  openVectorStore,
  type VectorStore,
} from './vector-store.ts';

export interface EmbeddingSources {
  client: EmbeddingClient;
  /** keeps the vectors */
  store: ArtifactStore;
  /** the most dollars that `paidBy` may spend in all its attempts; null only where embedding is free */
  budgetUsd: number | null;
  /** names the run in what it pays for, the same for each attempt */
  paidBy: string;
  /** of a command without a server: it waits where a run would, and says for what */
  told?: RetryTeller | undefined;
}

/** What was paid, by this attempt and those before it. */
export type EmbeddingCosts = Pick<EmbeddingPass, 'sent' | 'lost' | 'promptTokens' | 'costUsd'>;

/** Batches in flight where the profile names no bound. */
const BATCHES_AT_ONCE = 4;

/**
 * The vectors of texts, in their order: from the store where the model has embedded a text before, and from
 * the teacher, in batches, where not. A blank text is not sent; its vector is zero. A batch is declared
 * before it is sent and kept before anything else happens to it; one that was declared and has no answer is
 * booked at its worst case and sent again.
 *
 * @throws AlpacaError BudgetRequired, BudgetReached, CorruptArtifact; TeacherFailure
 */
export async function embedTexts(
  texts: readonly string[],
  { client, store, budgetUsd, paidBy, told }: EmbeddingSources,
  attempt: Attempt,
): Promise<TextVectors & { costs: EmbeddingCosts }> {
  requireEmbeddingBudget(client, budgetUsd);
  const kept = openVectorStore(store, client.model);
  const matrix = new Matrix(texts, client.model);
  const costs: EmbeddingCosts = { sent: 0, lost: 0, promptTokens: 0, costUsd: 0 };
  const onTheWay = onTheWayIn(store);
  const { batches, open: lost } = await readKept(kept, onTheWay, attempt.signal);
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
  const sender = new Sender({ client, kept, onTheWay, budget, paidBy, matrix, costs, told }, attempt);
  await sender.sendAll(batchesOf(matrix.missing(), mostBytes(client)));
  return { ...matrix.finished(), costs: { ...costs, costUsd: budget.spentUsd } };
}

/** What another attempt or run has on its way is waited for: it is paid for. */
async function readKept(kept: VectorStore, onTheWay: OnTheWay, signal: AbortSignal) {
  const found = await kept.read();
  if (found.open.length === 0) return found;
  await Promise.all(found.open.map((intent) => untilEnded(intent, onTheWay, signal)));
  return kept.read();
}

function untilEnded({ sender, asking }: OpenIntent, onTheWay: OnTheWay, signal: AbortSignal): Promise<void> {
  return onTheWay.untilEnded(sender, asking.slice(0, asking.indexOf('.')), signal);
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

interface Sending {
  client: EmbeddingClient;
  kept: VectorStore;
  onTheWay: OnTheWay;
  budget: SharedBudget;
  paidBy: string;
  matrix: Matrix;
  costs: EmbeddingCosts;
  told: RetryTeller | undefined;
}

class Sender {
  readonly #sending: Sending;
  readonly #attempt: Attempt;

  constructor(sending: Sending, attempt: Attempt) {
    this.#sending = sending;
    this.#attempt = attempt;
  }

  async sendAll(batches: Iterable<string[]>): Promise<void> {
    const { client, matrix, told } = this.#sending;
    const { signal } = this.#attempt;
    const atOnce = client.profile.concurrency ?? BATCHES_AT_ONCE;
    await mapAtOnce(batches, { atOnce, signal }, async (texts) => {
      await untilItPasses(
        signal,
        told,
      )(() =>
        client.admission.run(mostTokensOfTexts(texts), { signal }, (admitted) =>
          this.#embedOnce(texts, admitted),
        ),
      );
      this.#attempt.report({ done: matrix.known, total: matrix.texts, unit: 'texts', note: 'embedding' });
    });
  }

  /** Another attempt, or another run, may be embedding the very batch: it is waited for, and not paid for again. */
  async #embedOnce(texts: readonly string[], admitted: RequestInFlight): Promise<void> {
    for (;;) {
      const lost = await this.#takeOthers(texts);
      if (lost === null || (await this.#sendOnce(texts, lost, admitted))) return;
    }
  }

  /** Takes the vectors of a batch that is answered; null where there were some, else the askings that are lost. */
  async #takeOthers(texts: readonly string[]): Promise<Set<string> | null> {
    const { kept, onTheWay, matrix } = this.#sending;
    const { open } = await kept.askingsOf(texts);
    await Promise.all(open.map((intent) => untilEnded(intent, onTheWay, this.#attempt.signal)));
    const known = await kept.askingsOf(texts);
    if (known.answered === null) return new Set(known.open.map(({ asking }) => asking));
    matrix.fill(known.answered.texts, await kept.vectorsOf(known.answered));
    return null;
  }

  /** The worst case is reserved before asking, so that the cap holds whatever comes back; false: another came first. */
  async #sendOnce(
    texts: readonly string[],
    lost: ReadonlySet<string>,
    admitted: RequestInFlight,
  ): Promise<boolean> {
    const { client, budget, costs } = this.#sending;
    const worstCaseUsd = worstCaseOfTexts(texts, client.usdPerMillion);
    const reservation = await budget.reserve(worstCaseUsd);
    if (reservation === null) {
      const about = { who: 'Embedding', what: 'one more batch', worstCaseUsd, kept: 'the embeddings' };
      throw budgetReachedError(budget, about);
    }
    let paidUsd: number | null = worstCaseUsd;
    try {
      paidUsd = await this.#ask(texts, worstCaseUsd, lost, admitted);
      return paidUsd !== null;
    } catch (error) {
      if (error instanceof TeacherFailure && !error.mayBePaid) paidUsd = 0;
      else costs.lost += texts.length;
      throw error;
    } finally {
      reservation.settle(paidUsd ?? 0);
    }
  }

  /** What it cost; null where another declared it first. */
  async #ask(
    texts: readonly string[],
    worstCaseUsd: number,
    lost: ReadonlySet<string>,
    admitted: RequestInFlight,
  ): Promise<number | null> {
    const { client, kept, onTheWay, paidBy, matrix, costs } = this.#sending;
    this.#attempt.signal.throwIfAborted();
    const about = { model: client.model, profile: client.profile.name, paidBy };
    const { sender } = onTheWay;
    const intent: EmbeddingIntent = { ...about, time: now(), texts: texts.length, sender, worstCaseUsd };
    const ended = await onTheWay.begin([batchOf(texts)]);
    try {
      const asking = await kept.declare(texts, intent, lost);
      if (asking === null) return null;
      const { vectors, promptTokens } = await client
        .embed(texts, { idempotencyKey: asking })
        .catch(async (error) => {
          if (error instanceof TeacherFailure && !error.mayBePaid)
            await untilStored(() => kept.close(asking, intent, `${error.code}: ${error.message}`));
          throw error;
        });
      admitted.ended(promptTokens);
      const dimensions = vectors[0]?.length ?? 0;
      matrix.checkDimensions(dimensions);
      const costUsd = promptTokens === null ? worstCaseUsd : (promptTokens * client.usdPerMillion) / 1e6;
      const digests = texts.map(digestOfText);
      const answer = { ...about, time: now(), texts: digests, dimensions, promptTokens, costUsd };
      await untilStored(() => kept.record(asking, answer, vectors));
      for (const [place, vector] of vectors.entries()) matrix.fill([digests[place] ?? ''], vector);
      costs.sent += texts.length;
      costs.promptTokens += promptTokens ?? 0;
      return costUsd;
    } finally {
      ended();
    }
  }
}

function now(): string {
  return new Date().toISOString();
}

import type { EmbeddingSettings } from '../../../workflows/contracts/dedupe.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import type { EmbeddingClient } from '../../teacher/embeddings.ts';
import type { EncodedPool } from '../corpus/decide-thread.ts';
import { decideByCosine } from './decide-by-cosine.ts';
import { type EmbeddingCosts, type EmbeddingSources, embedTexts } from './embed-texts.ts';

/** The second pass of dedupe: what ROUGE-L accepted, compared by the cosines of embeddings. */
export interface EmbeddingDecisions {
  /** per text of the corpus: the text it resembles too much, or -1 where this pass did not reject it */
  resembles: Int32Array;
  /** per text of the corpus: the cosine with that text; 0 where there is none */
  cosines: Float64Array;
  model: string;
  dimensions: number;
  costs: EmbeddingCosts;
}

export interface EmbeddingOptions extends EmbeddingSources {
  /** a text is rejected when its cosine with a kept one is strictly greater */
  threshold: number;
}

export interface EmbeddingDependencies {
  store: ArtifactStore;
  /** asks a teacher for embeddings; absent where there is none to ask */
  clientFor?: ((settings: EmbeddingSettings) => EmbeddingClient) | undefined;
  /** names the run in what it pays for, the same for each attempt at it */
  paidBy?: string | undefined;
}

/** What the pass needs, from the settings of the step; null where it is off. */
export function embeddingOptions(
  { embedding, budgetUsd }: { embedding: EmbeddingSettings | null; budgetUsd: number | null },
  { store, clientFor, paidBy = 'dedupe' }: EmbeddingDependencies,
): EmbeddingOptions | null {
  if (embedding === null) return null;
  if (clientFor === undefined)
    throw new AlpacaError('Configuration', 'Embeddings are asked for, and there is no teacher here.', {
      remedy: 'Leave out dedupe.embedding, or run the step on a worker with teacher profiles.',
    });
  return { client: clientFor(embedding), store, budgetUsd, paidBy, threshold: embedding.threshold };
}

/**
 * Goes once more, in order, through what ROUGE-L accepted. What this pass rejects stays in the pool that
 * ROUGE-L compared with: its decisions are those of the rounds of generation.
 *
 * @param rouge per text of the corpus: the text that it resembles by ROUGE-L, or -1
 */
export async function rejectByEmbedding(
  against: readonly string[],
  texts: readonly string[],
  rouge: Int32Array,
  { threshold, ...sources }: EmbeddingOptions,
  attempt: Attempt,
): Promise<EmbeddingDecisions> {
  const accepted: number[] = [];
  for (const [index, text] of rouge.entries()) if (text === -1) accepted.push(index);
  const compared = [...against, ...accepted.map((index) => texts[index] ?? '')];
  const { costs, ...vectors } = await embedTexts(compared, sources, attempt);
  const decided = await decideByCosine(vectors, { against: against.length, threshold }, attempt);
  const resembles = new Int32Array(rouge.length).fill(-1);
  const cosines = new Float64Array(rouge.length);
  const numberOf = (place: number) =>
    place < against.length ? place : against.length + (accepted[place - against.length] ?? 0);
  for (const [place, index] of accepted.entries()) {
    const resembled = decided.resembles[against.length + place] ?? -1;
    if (resembled === -1) continue;
    resembles[index] = numberOf(resembled);
    cosines[index] = decided.cosines[against.length + place] ?? 0;
  }
  return { resembles, cosines, model: sources.client.model, dimensions: vectors.dimensions, costs };
}

/** Per text the one that it resembles by either pass, or -1 where it is kept. */
export function resemblesByEither(rouge: Int32Array, embedding: EmbeddingDecisions | null): Int32Array {
  if (embedding === null) return rouge;
  return rouge.map((text, index) => (text === -1 ? (embedding.resembles[index] ?? -1) : text));
}

/** The pool of ROUGE-L without what the embeddings rejected. */
export function poolAfterEmbedding(
  { ids, offsets }: EncodedPool,
  against: number,
  rouge: Int32Array,
  embedding: EmbeddingDecisions,
): EncodedPool {
  const kept: number[] = Array.from({ length: against }, (_, place) => place);
  let place = against;
  for (const [index, text] of rouge.entries()) {
    if (text !== -1) continue;
    if (embedding.resembles[index] === -1) kept.push(place);
    place += 1;
  }
  const start = (text: number) => offsets[text] ?? 0;
  const total = kept.reduce((sum, text) => sum + start(text + 1) - start(text), 0);
  const pool: EncodedPool = {
    ids: new Int32Array(new SharedArrayBuffer(4 * total)),
    offsets: new Int32Array(new SharedArrayBuffer(4 * (kept.length + 1))),
  };
  for (const [row, text] of kept.entries()) {
    const at = pool.offsets[row] ?? 0;
    pool.ids.set(ids.subarray(start(text), start(text + 1)), at);
    pool.offsets[row + 1] = at + start(text + 1) - start(text);
  }
  return pool;
}

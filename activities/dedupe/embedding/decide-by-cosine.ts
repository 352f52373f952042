import { availableParallelism } from 'node:os';
import type { Attempt } from '../../attempt.ts';
import { Conversation } from '../../process/threads.ts';
import type { CosineReply, CosineRequest, CosineSettings } from './cosine-thread.ts';

/** Texts that are decided at a time: their cosines with everything kept before are found in parallel. */
export const BLOCK_TEXTS = 256;

/** Below this many texts another thread takes longer to start than it saves. */
const TEXTS_WORTH_A_THREAD = 2000;

export interface TextVectors {
  /** one unit vector (or a zero one, which resembles nothing) after another */
  vectors: Float32Array<SharedArrayBuffer>;
  dimensions: number;
}

export interface CosineDecisions {
  /** per text: the kept text it resembles most, or -1 where it is kept itself */
  resembles: Int32Array;
  /** per text: the cosine with that text; 0 where it is kept */
  cosines: Float64Array;
}

/**
 * Goes through texts in order: one is kept unless its cosine with a kept one is strictly greater than the
 * threshold. The first `against` texts are kept unasked. Of several the most similar is named, the first
 * among equals. The decisions depend neither on the number of threads nor on the machine: `dot-kernel.ts`
 * fixes every rounding.
 */
export async function decideByCosine(
  { vectors, dimensions }: TextVectors,
  { against, threshold, threads }: { against: number; threshold: number; threads?: number | undefined },
  attempt: Attempt,
): Promise<CosineDecisions> {
  const total = dimensions === 0 ? 0 : vectors.length / dimensions;
  const kept = new Int32Array(new SharedArrayBuffer(4 * total));
  for (let text = 0; text < against; text += 1) kept[text] = text;
  let keptTexts = against;
  const decisions: CosineDecisions = {
    resembles: new Int32Array(total).fill(-1),
    cosines: new Float64Array(total),
  };
  const settings: CosineSettings = { vectors, dimensions, kept, threshold, blockTexts: BLOCK_TEXTS };
  const conversations = startThreads(settings, threads ?? availableParallelism(), total, attempt);
  try {
    for (let first = against; first < total; first += BLOCK_TEXTS) {
      const block = { first, count: Math.min(BLOCK_TEXTS, total - first) };
      const compared = await compareBlock(conversations, block, keptTexts);
      for (let row = 0; row < block.count; row += 1) {
        const { text, cosine } = nearestOf(row, compared, block, decisions.resembles, threshold);
        decisions.resembles[first + row] = text;
        if (text !== -1) decisions.cosines[first + row] = cosine;
        else {
          kept[keptTexts] = first + row;
          keptTexts += 1;
        }
      }
      attempt.report({ done: first + block.count, total, unit: 'rows', note: 'comparing embeddings' });
    }
  } finally {
    await Promise.all(conversations.map((conversation) => conversation.close()));
  }
  return decisions;
}

function startThreads(
  settings: CosineSettings,
  threads: number,
  total: number,
  { signal }: Attempt,
): Conversation<CosineRequest, CosineReply>[] {
  const script = new URL('./cosine-thread.ts', import.meta.url);
  const worthwhile = Math.max(1, Math.floor(total / TEXTS_WORTH_A_THREAD));
  return Array.from(
    { length: Math.min(threads, worthwhile) },
    () => new Conversation<CosineRequest, CosineReply>(script, settings, signal),
  );
}

interface Block {
  /** the first of its texts, and how many there are */
  first: number;
  count: number;
}

/** The kept text above the threshold that a row of the block resembles most, the first among equals; or -1. */
function nearestOf(
  row: number,
  { nearest, within }: Compared,
  { first, count }: Block,
  resembles: Int32Array,
  threshold: number,
): { text: number; cosine: number } {
  let [text, cosine] = [-1, threshold];
  for (const part of nearest) {
    const found = part.cosines[row] ?? 0;
    if (found > cosine) [text, cosine] = [part.texts[row] ?? -1, found];
  }
  for (let earlier = 0; earlier < row; earlier += 1) {
    const found = within[row * count + earlier] ?? 0;
    if (found > cosine && resembles[first + earlier] === -1) [text, cosine] = [first + earlier, found];
  }
  return { text, cosine };
}

interface Compared {
  /** the nearest of each part of the kept texts, the parts in their order */
  nearest: Extract<CosineReply, { kind: 'nearest' }>[];
  within: Float32Array;
}

/** Compares a block with what is kept, in as many parts as there are threads, and with itself. */
async function compareBlock(
  conversations: readonly Conversation<CosineRequest, CosineReply>[],
  block: Block,
  keptTexts: number,
): Promise<Compared> {
  const [own] = conversations;
  const parts = conversations.length;
  const replies = await Promise.all([
    ...conversations.map((conversation, part) =>
      conversation.ask({
        ...block,
        with: {
          from: Math.floor((part * keptTexts) / parts),
          to: Math.floor(((part + 1) * keptTexts) / parts),
        },
      }),
    ),
    ...(own ? [own.ask({ ...block, with: null })] : []),
  ]);
  const nearest = replies.filter((reply) => reply.kind === 'nearest');
  const within = replies.find((reply) => reply.kind === 'within');
  return { nearest, within: within?.cosines ?? new Float32Array(0) };
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';

/**
 * The embeddings that were paid for, each once, by model and text. As in the response ledger, what is kept
 * is answers, never failures.
 *
 *   entries/embeddings/MODEL/ab/BATCH.ASKING.intent.json  written before sending, so that a death is noticed
 *   entries/embeddings/MODEL/ab/BATCH.ASKING.f32          the vectors, 32-bit floats, little-endian
 *   entries/embeddings/MODEL/ab/BATCH.ASKING.json         their texts' digests, cost and who paid: written last
 *
 * MODEL is a digest of the model's name, BATCH one of the texts that were sent together. An intent without
 * an answer, unless it was closed, may have been paid for.
 */
export interface VectorStore {
  /** every answered batch, and the intents that have no answer */
  read(): Promise<{ batches: EmbeddedBatch[]; open: OpenIntent[] }>;
  /** The vectors of a batch, one after another. @throws AlpacaError CorruptArtifact */
  vectorsOf(batch: EmbeddedBatch): Promise<Float32Array>;
  /** What is known of a batch of the same texts: its answer, and the intents of it that have none. */
  askingsOf(texts: readonly string[]): Promise<{ answered: EmbeddedBatch | null; open: OpenIntent[] }>;
  /**
   * Says that a batch will be sent, durable when this returns; gives the name of this asking of it. Null where
   * another has declared it since: an asking that is neither closed nor among the lost.
   */
  declare(
    texts: readonly string[],
    intent: EmbeddingIntent,
    lost: ReadonlySet<string>,
  ): Promise<string | null>;
  /** Says that it was definitely not answered. */
  close(asking: string, intent: EmbeddingIntent, reason: string): Promise<void>;
  /** Keeps what was answered. */
  record(
    asking: string,
    answer: Omit<EmbeddedBatch, 'asking' | 'sha256'>,
    vectors: readonly Float32Array[],
  ): Promise<void>;
}

const about = {
  model: z.string(),
  profile: z.string(),
  /** who paid: names the run, the same for each attempt */
  paidBy: z.string(),
  time: z.iso.datetime(),
};

const intentRecord = z.strictObject({
  ...about,
  texts: z.int(),
  /** the process that sends it */
  sender: z.string(),
  /** what is booked where no answer is ever found */
  worstCaseUsd: z.number(),
  /** why nothing was answered; absent while the intent is open */
  closed: z.string().optional(),
});
export type EmbeddingIntent = Omit<z.infer<typeof intentRecord>, 'closed'>;

/** Not answered, and not closed: lost, unless its sender still waits for it. */
export interface OpenIntent extends EmbeddingIntent {
  /** BATCH.ASKING */
  asking: string;
}

const batchRecord = z.strictObject({
  ...about,
  /** the SHA-256 of each text, in the order of the vectors */
  texts: z.array(z.string()),
  dimensions: z.int().min(1),
  promptTokens: z.int().nullable(),
  costUsd: z.number(),
  /** of the file of vectors */
  sha256: z.string(),
});
interface EmbeddedBatch extends z.infer<typeof batchRecord> {
  /** BATCH.ASKING */
  asking: string;
}

/** What a text is kept under. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What texts that are sent together are kept under, and are called while they are on their way. */
export function batchOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

export function openVectorStore(store: ArtifactStore, model: string): VectorStore {
  const folder = `embeddings/${digestOfText(model).slice(0, 16)}`;
  const pathOf = (asking: string, kind: string) => `${folder}/${asking.slice(0, 2)}/${asking}.${kind}`;

  async function readJson<Value>(path: string, schema: z.ZodType<Value>): Promise<Value> {
    const bytes = await store.readEntry(path);
    try {
      return schema.parse(JSON.parse(bytes?.toString('utf8') ?? ''));
    } catch (error) {
      throw damaged(path, error);
    }
  }

  return {
    async read() {
      const names = await store.listEntries(folder);
      const batches: EmbeddedBatch[] = [];
      const open: OpenIntent[] = [];
      const answered = new Set(names.filter((name) => !name.endsWith(INTENT)));
      for (const name of names) {
        if (name.endsWith(INTENT)) {
          if (answered.has(`${name.slice(0, -INTENT.length)}.json`)) continue;
          const { closed, ...intent } = await readJson(`${folder}/${name}`, intentRecord);
          if (closed === undefined) open.push({ ...intent, asking: askingOf(name, INTENT) });
        } else if (name.endsWith('.json')) {
          const asking = askingOf(name, '.json');
          batches.push({ ...(await readJson(`${folder}/${name}`, batchRecord)), asking });
        }
      }
      return { batches, open };
    },
    async vectorsOf({ asking, texts, dimensions, sha256 }) {
      const path = pathOf(asking, 'f32');
      const bytes = await store.readEntry(path);
      if (bytes?.length !== 4 * texts.length * dimensions || digestOfBytes(bytes) !== sha256)
        throw damaged(path, 'not the vectors that were written');
      const vectors = new Float32Array(texts.length * dimensions);
      new Uint8Array(vectors.buffer).set(bytes);
      return vectors;
    },
    async askingsOf(texts) {
      const batch = batchOf(texts);
      const open: OpenIntent[] = [];
      for (let asked = 0; ; asked += 1) {
        const asking = `${batch}.${asked}`;
        if ((await store.readEntry(pathOf(asking, 'intent.json'))) === null) return { answered: null, open };
        if ((await store.readEntry(pathOf(asking, 'json'))) !== null)
          return { answered: { ...(await readJson(pathOf(asking, 'json'), batchRecord)), asking }, open };
        const { closed, ...intent } = await readJson(pathOf(asking, 'intent.json'), intentRecord);
        if (closed === undefined) open.push({ ...intent, asking });
      }
    },
    async declare(texts, intent, lost) {
      const batch = batchOf(texts);
      for (let asked = 0; ; asked += 1) {
        const asking = `${batch}.${asked}`;
        const path = pathOf(asking, 'intent.json');
        if (await store.writeEntryOnce(path, `${JSON.stringify(intent)}\n`)) return asking;
        const isOver = lost.has(asking) || (await readJson(path, intentRecord)).closed !== undefined;
        if (!isOver) return null;
      }
    },
    close: (asking, intent, reason) =>
      store.writeEntry(
        pathOf(asking, 'intent.json'),
        `${JSON.stringify({ ...intent, closed: reason } satisfies z.infer<typeof intentRecord>)}\n`,
      ),
    async record(asking, answer, vectors) {
      const bytes = Buffer.concat(
        vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
      );
      await store.writeEntry(pathOf(asking, 'f32'), bytes);
      const record: z.infer<typeof batchRecord> = { ...answer, sha256: digestOfBytes(bytes) };
      await store.writeEntry(pathOf(asking, 'json'), `${JSON.stringify(record)}\n`);
    },
  };
}

const INTENT = '.intent.json';

function askingOf(name: string, ending: string): string {
  return name.slice(name.lastIndexOf('/') + 1, -ending.length);
}

function digestOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function damaged(path: string, reason: unknown): AlpacaError {
  return new AlpacaError('CorruptArtifact', `The kept embeddings ${path} are damaged (${String(reason)}).`, {
    remedy: 'Restore the file from a copy, or delete it and its .json: those texts are then paid for again.',
  });
}

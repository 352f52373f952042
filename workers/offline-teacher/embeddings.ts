import { z } from 'zod';
import { OFFLINE_EMBEDDING_MODEL } from '../../activities/teacher/profile/profiles.ts';

/**
 * The offline teacher's embeddings: each word, each pair of neighbouring words and each three letters of a
 * word is hashed to a dimension and a sign, and their counts added up. Texts that share wording come out
 * near each other, whatever its order. It is no language model: it knows no synonym.
 */
export const EMBEDDING_MODEL = OFFLINE_EMBEDDING_MODEL;
export const DIMENSIONS = 256;

/** The shape of OpenAI's request, as far as it is served. Unknown fields are taken and ignored. */
export const embeddingRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(4096).nullish(),
});
export type EmbeddingRequest = z.infer<typeof embeddingRequest>;

/** How an embedding is wanted and written down. */
export interface EmbeddingForm {
  dimensions: number;
  base64: boolean;
}

/** An embedding as the answer writes it: numbers, or the base64 of little-endian 32-bit floats. */
export function writeEmbedding(text: string, { dimensions, base64 }: EmbeddingForm): number[] | string {
  const vector = embed(text, dimensions);
  if (!base64) return Array.from(vector);
  const bytes = Buffer.alloc(4 * dimensions);
  for (const [place, value] of vector.entries()) bytes.writeFloatLE(value, 4 * place);
  return bytes.toString('base64');
}

/** A unit vector, a function of the text alone. */
export function embed(text: string, dimensions = DIMENSIONS): Float32Array {
  const sums = new Float64Array(dimensions);
  const add = (feature: string, weight: number) => {
    const hash = hashOf(feature);
    const place = (hash >>> 1) % dimensions;
    sums[place] = (sums[place] ?? 0) + (hash & 1 ? weight : -weight);
  };
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  for (const [place, word] of words.entries()) {
    add(`word ${word}`, 1);
    if (place > 0) add(`pair ${words[place - 1]} ${word}`, 0.5);
    const letters = [...`<${word}>`];
    for (let start = 0; start + 3 <= letters.length; start += 1)
      add(`letters ${letters.slice(start, start + 3).join('')}`, 0.3);
  }
  // Signs alone have no word; opposite features may cancel out. Neither may come out as no direction.
  if (sums.every((sum) => sum === 0)) add(`text ${text}`, 1);
  const length = Math.hypot(...sums);
  return Float32Array.from(sums, (sum) => sum / length);
}

/** 32-bit FNV-1a over UTF-16 code units, with the final mix of MurmurHash3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1)
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

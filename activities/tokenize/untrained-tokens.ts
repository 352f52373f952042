import { join } from 'node:path';
import { z } from 'zod';
import { AlpacaError } from '../errors.ts';
import { readJsonObject, toJson } from '../model/folder/json-file.ts';

/**
 * Where a folder that tokenizing wrote names the tokens that it added: their rows are the mean of the others
 * until a training, this one or a later one, trains them. What training exports has no such file.
 */
export const UNTRAINED_TOKENS_FILE = 'untrained_tokens.json';

/** Tokenizing adds a handful, and says each in its result. */
const MOST_TOKENS = 1000;

const untrainedTokens = z.object({ tokens: z.array(z.string()).max(MOST_TOKENS).default([]) });

/** @throws AlpacaError InvalidInput where the file is of another form */
export async function readUntrainedTokens(folder: string): Promise<string[]> {
  const path = join(folder, UNTRAINED_TOKENS_FILE);
  const checked = untrainedTokens.safeParse(await readJsonObject(path, { absent: {} }));
  if (checked.success) return checked.data.tokens;
  throw new AlpacaError('InvalidInput', `${path} names no tokens.`, {
    remedy: 'Delete it where every token has been trained, or tokenize with the original model again.',
  });
}

export function formatUntrainedTokens(tokens: readonly string[]): string {
  return toJson({ tokens });
}

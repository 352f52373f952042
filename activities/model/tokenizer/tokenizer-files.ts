import { join } from 'node:path';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { readJsonObject } from '../folder/json-file.ts';
import { tokenizerConversion } from '../folder/old-folder.ts';
import { checkTokenizerSizes, MOST_TOKENIZER_BYTES } from './tokenizer-bounds.ts';

/** The parsed files of a tokenizer. */
export interface TokenizerFiles {
  tokenizer: Record<string, unknown>;
  config: Record<string, unknown>;
  map: Record<string, unknown>;
  /** added_tokens.json: ids by token, as folders have it that were saved long ago */
  addedTokens: Record<string, unknown>;
}

/**
 * tokenizer.json must be there; the others may be missing. What is larger than any tokenizer is refused before
 * anything is made of it.
 *
 * @throws AlpacaError NotFound, InvalidInput
 */
export async function readTokenizerFiles(path: string): Promise<TokenizerFiles> {
  const beside = (name: string) => readJsonObject(join(path, name), { absent: {} });
  const old = await tokenizerConversion(path);
  const files: TokenizerFiles = {
    tokenizer: await readJsonObject(join(path, 'tokenizer.json'), {
      most: MOST_TOKENIZER_BYTES,
      ...(old && { remedy: `There is ${old.found}, which is not read. Convert it: ${old.command}` }),
    }),
    config: await beside('tokenizer_config.json'),
    map: await beside('special_tokens_map.json'),
    addedTokens: await beside('added_tokens.json'),
  };
  usable(path, () => checkTokenizerSizes(files));
  return files;
}

/**
 * What `open` gives of a tokenizer's files; `path` is for messages.
 *
 * @throws AlpacaError InvalidInput with the reason that `open` throws
 */
export function usable<Result>(path: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    if (error instanceof AlpacaError) throw error;
    throw new AlpacaError('InvalidInput', `The tokenizer in ${path} cannot be used: ${reasonOf(error)}.`, {
      remedy: 'Check tokenizer.json, or use another base model.',
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return (error as Error).message;
  const [issue] = error.issues;
  return `${issue?.path.join('.')}: ${issue?.message}`;
}

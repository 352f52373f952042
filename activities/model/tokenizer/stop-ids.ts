import { join } from 'node:path';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { readJsonObject } from '../folder/json-file.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Chat models have a handful. */
const MOST_IDS = 1024;

const endOfTextIds = z.union([z.int().min(0), z.array(z.int().min(0)).max(MOST_IDS)]).nullish();

/**
 * Ids that end an answer: the tokenizer's end of text, and what generation_config.json names beside it, where
 * chat models have several. As `generate` of transformers stops.
 *
 * @throws AlpacaError InvalidInput where the file names something else than ids
 */
export async function readStopIds(
  folder: string,
  { endOfTextId }: Pick<Tokenizer, 'endOfTextId'>,
): Promise<number[]> {
  const path = join(folder, 'generation_config.json');
  const { eos_token_id: named } = await readJsonObject(path, { absent: {} });
  const checked = endOfTextIds.safeParse(named);
  if (!checked.success) {
    throw new AlpacaError('InvalidInput', `${path}: eos_token_id is ${JSON.stringify(named)}.`, {
      remedy: 'Give a token id, or a list of them.',
    });
  }
  return [...new Set([endOfTextId, ...[checked.data ?? []].flat()])];
}

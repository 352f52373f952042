import { z } from 'zod';
import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { readGiven } from '../../artifacts/given.ts';
import { AlpacaError } from '../../errors.ts';

/** Bytes of a small file of a model's folder: a tokenizer_config.json of many tokens has under two megabytes. */
const MOST_BYTES = 1 << 24;

export interface JsonFileOptions {
  /** what a missing file stands for; without it a missing file is an error */
  absent?: Record<string, unknown>;
  /** what to do about one */
  remedy?: string;
  /** bytes that it may have */
  most?: number;
}

/**
 * Reads a file that holds one JSON object.
 *
 * @throws AlpacaError NotFound, InvalidInput
 */
export async function readJsonObject(
  file: string,
  {
    absent,
    remedy = 'A model is a Hugging Face folder: config.json, model.safetensors, tokenizer.json.',
    most = MOST_BYTES,
  }: JsonFileOptions = {},
): Promise<Record<string, unknown>> {
  try {
    return jsonObject.parse(parseJson((await readGiven(file, { most })).toString('utf8')));
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') {
      if (absent) return absent;
      throw new AlpacaError('NotFound', `There is no ${file}.`, { remedy });
    }
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new AlpacaError('InvalidInput', `${file} is no JSON object.`, {
        remedy: 'Fetch or save the model again.',
        cause: error,
      });
    }
    throw error;
  }
}

/** JSON as Hugging Face writes it: two spaces, a newline at the end. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const jsonObject = z.record(z.string(), z.unknown());

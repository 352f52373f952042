import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AlpacaError, storageError } from '../../errors.ts';

/**
 * Reads a file that holds one JSON object.
 *
 * @param absent what a missing file stands for; without it a missing file is an error
 * @param remedy what to do about one
 * @throws AlpacaError NotFound, InvalidInput
 */
export async function readJsonObject(
  file: string,
  absent?: Record<string, unknown>,
  remedy = 'A model is a Hugging Face folder: config.json, model.safetensors, tokenizer.json.',
): Promise<Record<string, unknown>> {
  try {
    return jsonObject.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && absent) return absent;
    if (missing) {
      throw new AlpacaError('NotFound', `There is no ${file}.`, { remedy });
    }
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new AlpacaError('InvalidInput', `${file} is no JSON object.`, {
        remedy: 'Fetch or save the model again.',
        cause: error,
      });
    }
    throw storageError(error, file);
  }
}

/** JSON as Hugging Face writes it: two spaces, a newline at the end. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const jsonObject = z.record(z.string(), z.unknown());

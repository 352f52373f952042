import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { AlpacaError } from '../../errors.ts';
import { readTokenizerFiles } from '../tokenizer/tokenizer-files.ts';
import { hasWeights, locateWeights } from './folder.ts';

/** What a folder of each form is made of, for whoever names a file. */
const FOLDER = 'A model is a Hugging Face folder: config.json, model.safetensors, tokenizer.json.';

/**
 * Looks at a model that somebody named, before anything of it is copied: messages name what was named, and what cannot
 * be used costs no disk. No weight is read.
 *
 * @throws AlpacaError InvalidInput for a file, and where config, weights or tokenizer cannot be used; NotFound
 */
export async function checkGivenModel(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) throw noFolder(path);
  await locateWeights(path);
  await hasWeights(path);
  await readTokenizerFiles(path);
}

function noFolder(path: string): AlpacaError {
  if (extname(path).toLowerCase() === '.gguf')
    return new AlpacaError('InvalidInput', `${path} is a GGUF file, which a worker does not read.`, {
      remedy: `Import it, and name the artifact:// uri: npx alpaca import ${path} --kind model. ${FOLDER}`,
    });
  return new AlpacaError('InvalidInput', `${path} is a file; expected a folder.`, { remedy: FOLDER });
}

/**
 * Holds a length against what a model has positions for.
 *
 * @throws AlpacaError InvalidInput
 */
export function checkLength(maxLength: number, maxPositions: number, path: string): void {
  if (maxLength <= maxPositions) return;
  throw new AlpacaError(
    'InvalidInput',
    `maxLength is ${maxLength}, and the model ${path} has ${maxPositions} positions.`,
    { remedy: `Set maxLength to ${maxPositions} or less.` },
  );
}

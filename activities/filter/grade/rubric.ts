import { textOf } from '../../artifacts/formats/utf8.ts';
import { readGiven } from '../../artifacts/given.ts';
import { AlpacaError } from '../../errors.ts';

/** Each grade sends the rubric along: bytes are paid for as often as there are rows. */
const MOST_BYTES = 64 * 1024;

/**
 * Reads what a judge grades by.
 *
 * @param name what messages call the file
 * @throws AlpacaError NotFound; InvalidInput where it is blank, too long or no text
 */
export async function readRubric(path: string, name = path): Promise<string> {
  const bytes = await readGiven(path, { name, most: MOST_BYTES });
  const text = textOf(bytes, name);
  if (text.trim() !== '') return text;
  throw new AlpacaError('InvalidInput', `The rubric ${name} is blank.`, {
    remedy: 'Write in it what each grade from 1 to 5 is for, or leave filter.grade.rubric out.',
  });
}

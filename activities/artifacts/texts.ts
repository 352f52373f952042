import { z } from 'zod';
import { text } from '../../workflows/contracts/data/text.ts';
import type { DataRow } from '../../workflows/contracts/data.ts';
import { AlpacaError } from '../errors.ts';
import { asUtf8 } from './formats/utf8.ts';
import { streamGiven } from './given.ts';
import { readLines } from './lines.ts';
import { readRows } from './rows.ts';

/** A row of plain text, as data sets for pretraining have it. */
const textRow = z.object({ text: text.min(1) });

/**
 * Reads plain text: of a file that ends in `.txt` (also `.txt.gz`) what stands between blank lines, else the field `text` of
 * rows. Each is the output of a row that asks nothing.
 *
 * @param name what messages call the file
 * @throws AlpacaError InvalidInput naming the line that is no text, or a row without the field
 */
export async function readTexts(path: string, name: string): Promise<DataRow[]> {
  const texts: string[] = [];
  if (/\.txt(\.gz)?$/.test(path))
    for await (const paragraph of paragraphsOf(path, name)) texts.push(paragraph);
  else for (const row of await readRows(path, textRow, name)) texts.push(row.text);
  return texts.map((output) => ({ instruction: '', input: '', output }));
}

async function* paragraphsOf(path: string, name: string): AsyncGenerator<string> {
  const { chunks } = await asUtf8(streamGiven(path, { name }), name);
  let lines: string[] = [];
  let number = 0;
  for await (const read of readLines(chunks))
    for (const line of read) {
      number += 1;
      const checked = text.safeParse(line);
      if (!checked.success) throw noText(name, number);
      if (checked.data.trim() !== '') lines.push(checked.data.trimEnd());
      else if (lines.length > 0) {
        yield lines.join('\n');
        lines = [];
      }
    }
  if (lines.length > 0) yield lines.join('\n');
}

function noText(name: string, line: number): AlpacaError {
  return new AlpacaError('InvalidInput', `${name}, line ${line}: it is no text of UTF-8.`, {
    remedy: 'Mend that line and start again; nothing was read from the file.',
  });
}

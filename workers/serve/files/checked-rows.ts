import { z } from 'zod';
import { streamRows } from '../../../activities/artifacts/rows.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { dataRowOrSeedTask } from '../../../workflows/contracts/data.ts';
import { Refused } from '../openai-errors.ts';

/** What files can be for here: to learn from and measure on, or requests for a batch. */
export const PURPOSES = ['fine-tune', 'batch'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** A request of a batch, one a line. */
const batchRequest = z.strictObject({
  custom_id: z.string().min(1).max(512),
  method: z.literal('POST'),
  url: z.enum(['/v1/chat/completions', '/v1/completions']),
  body: z.looseObject({ model: z.string().min(1) }),
});

const ROWS: Readonly<Record<Purpose, z.ZodType>> = { 'fine-tune': dataRowOrSeedTask, batch: batchRequest };

/** Of what comes out of a file that is compressed. */
const MOST_BYTES = 1 << 30;

/**
 * Reads a file to its end, and checks every row.
 *
 * @param name what messages call the file
 * @returns how many rows it has
 * @throws Refused naming the first bad row by its line, and why it is bad
 */
export async function checkRows(path: string, purpose: Purpose, name: string): Promise<number> {
  let rows = 0;
  try {
    for await (const _ of streamRows(path, ROWS[purpose], name, { most: MOST_BYTES })) rows += 1;
  } catch (error) {
    if (!(error instanceof AlpacaError) || error.code !== 'InvalidInput') throw error;
    throw refusedFile(error.message);
  }
  if (rows === 0) throw refusedFile(`${name} has no rows.`);
  return rows;
}

function refusedFile(message: string): Refused {
  return new Refused(400, message, { param: 'file', code: 'invalid_file_format' });
}

import { z } from 'zod';
import { readRows, streamRows } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { artifactReference, type DataRow, dataRow } from '../../workflows/contracts/data.ts';
import type { KnownRun } from '../find-run.ts';
import type { Taught } from './models.ts';

const rowsOfRun = z.object({
  dedupe: z.object({ data: artifactReference }),
  filter: z.object({ data: artifactReference }).nullish(),
  tokenize: z.object({ heldOutRows: artifactReference }),
});

/** Rows that are looked through: enough to choose from, and soon read. */
const ROWS_READ = 2000;
const EXAMPLES = 4;
/** Characters of a question that fits a button, and of its input. */
const LONGEST = { instruction: 80, input: 120 };

/**
 * What a run taught its model: some questions of rows that it was trained on, none of those that were held out, and whether
 * rows were conversations. Of a run that has no rows, nothing.
 *
 * @throws AlpacaError NotFound where they are not in the store any more
 */
export async function taughtBy({ result }: Pick<KnownRun, 'result'>, store: ArtifactStore): Promise<Taught> {
  const rows = rowsOfRun.safeParse(result).data;
  const taught = rows === undefined ? [] : await readTaught(rows, store);
  return {
    takesConversations: taught.some(isConversation),
    examples: spread(taught.filter(fits)).map(({ instruction, input }) => ({ instruction, input })),
  };
}

async function readTaught(
  { filter, dedupe, tokenize }: z.infer<typeof rowsOfRun>,
  store: ArtifactStore,
): Promise<DataRow[]> {
  const heldOut = await readRows(await store.open(tokenize.heldOutRows), asked);
  const isHeldOut = new Set(heldOut.map(keyOf));
  const taught: DataRow[] = [];
  for await (const row of streamRows(await store.open((filter ?? dedupe).data), dataRow)) {
    if (!isHeldOut.has(keyOf(row))) taught.push(row);
    if (taught.length === ROWS_READ) break;
  }
  return taught;
}

const asked = z.object({ instruction: z.string(), input: z.string().default('') });

function keyOf({ instruction, input }: Pick<DataRow, 'instruction' | 'input'>): string {
  return JSON.stringify([instruction, input]);
}

function isConversation({ messages = [] }: DataRow): boolean {
  return messages.filter(({ role }) => role === 'user').length > 1;
}

function fits({ instruction, input }: DataRow): boolean {
  return instruction.length <= LONGEST.instruction && input.length <= LONGEST.input;
}

/** From all over the rows: neighbours may be of one request, and alike. */
function spread(rows: readonly DataRow[]): DataRow[] {
  const step = Math.max(1, Math.floor(rows.length / EXAMPLES));
  return rows.filter((_, at) => at % step === 0).slice(0, EXAMPLES);
}

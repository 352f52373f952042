import { join, resolve } from 'node:path';
import { makeFolder } from '../../../activities/artifacts/atomic.ts';
import { tokenizeRows } from '../../../activities/tokenize/tokenize-rows.ts';
import { tokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { tokenizeNotes } from '../../../workflows/decisions/screen/tokenize-notes.ts';
import { fromHere } from '../../runs/from-here.ts';
import { TOKENIZE_OPTIONS } from '../definitions/step-options.ts';
import { requireReplaceable } from '../outputs.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { copyOut, openStep, terminalAttempt } from './step.ts';

/** Of them those that may be paths. */
export const TOKENIZE_SOURCES = ['data', 'model', 'template', 'heldOutData'] as const;

/** `alpaca tokenize DATA`: writes train.parquet, held-out.parquet, held-out.jsonl and the model folder. */
export async function tokenize(
  data: string,
  options: Record<string, unknown> & { out: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, tokenizeInput, TOKENIZE_OPTIONS);
  const input = parseInput(tokenizeInput, { ...given, data }, 'options');
  const { input: named, store } = await openStep(input, TOKENIZE_SOURCES);
  await requireReplaceable('--out', options.out, 'train.parquet');
  const result = await tokenizeRows(named, { store }, terminalAttempt(signal));
  const folder = resolve(options.out);
  await makeFolder(folder);
  await copyOut(store, result.tokens, join(folder, 'train.parquet'));
  await copyOut(store, result.heldOutTokens, join(folder, 'held-out.parquet'));
  await copyOut(store, result.heldOutRows, join(folder, 'held-out.jsonl'));
  await copyOut(store, result.model, join(folder, 'model'));
  terminal.result(
    { ...result, path: folder },
    `${result.tokens.rows} training and ${result.heldOutTokens.rows} held-out rows in ${fromHere(folder)}; ` +
      `${result.truncated} truncated, ${result.fullyMasked} left out for having no target, ${result.endOfTextLost} without their end of text, ${result.prefixMismatches} with a mask that is off, ` +
      `${result.spellingSpecialTokens} that spell a special token${tokenizeNotes(result, input.rewrittenTurns)}`,
  );
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArtifactReference } from '../../workflows/contracts/reference.ts';
import { type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/rows.ts';
import type { TokenizeInput, TokenizeResult } from '../../workflows/contracts/steps.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { readRows, toJsonLines } from '../artifacts/rows.ts';
import { type ArtifactStore, nameOf, type Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { type BaseModel, prepareBaseModel } from './base-model.ts';
import { type MaskedRow, maskRow, spellsSpecialToken } from './mask.ts';
import { holdOut } from './split.ts';
import { type TokenRow, writeTokens } from './tokens.ts';

/**
 * The tokenize step: prepares the base model, splits off the held-out rows, and writes both sides as
 * masked tokens. Rows without a single target are in neither side. Line i of `heldOutRows` is the text of
 * row i of `heldOutTokens`; the column `row` is the index in the data.
 */
export async function tokenizeRows(
  input: TokenizeInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<TokenizeResult> {
  const source = await store.resolve(input.model, 'model', builtinPath('tiny-model', input.language));
  const data = await store.resolve(input.data, 'rows', builtinPath('seed-tasks', input.language));
  const base = await prepareBaseModel(await store.open(source), input.runSeed);
  const rows = await readRows(await store.open(data), dataRowOrSeedTask, nameOf(input.data));
  const masked = await maskAll(rows, base, input, attempt);
  const heldOut = holdOut(rows, input.heldOut, input.runSeed);
  const side = (isHeldOut: boolean) =>
    masked.flatMap((row, index): TokenRow[] =>
      row.fullyMasked || heldOut[index] !== isHeldOut
        ? []
        : [{ row: index, inputIds: row.inputIds, labels: row.labels }],
    );
  const [training, testing] = [side(false), side(true)];
  if (training.length === 0) {
    throw new AlpacaError('InvalidInput', `None of the ${rows.length} rows is left to train on.`, {
      remedy: 'Give more rows, hold out a smaller share, or raise maxLength.',
    });
  }
  const model = await storeModel(store, source, base, input.runSeed);
  const about: Provenance = {
    madeBy: 'tokenize',
    madeFrom: { data: data.sha256, model: model.sha256 },
    settings: {
      runSeed: input.runSeed,
      maxLength: input.maxLength,
      trainOnPrompt: input.trainOnPrompt,
      heldOut: input.heldOut,
      rowsSpellingSpecialTokens: rows.filter((row) => spellsSpecialToken(row, base.tokenizer.specialTokens))
        .length,
    },
  };
  const texts = testing.map(({ row }) => ({ row, ...rows[row] }));
  const count = (what: (row: MaskedRow) => boolean) => masked.filter(what).length;
  return {
    model,
    tokens: await storeTokens(store, 'train.parquet', training, about),
    heldOutTokens: await storeTokens(store, 'held-out.parquet', testing, about),
    heldOutRows: await store.putFile('rows', 'held-out.jsonl', toJsonLines(texts), {
      ...about,
      rows: texts.length,
    }),
    truncated: count((row) => row.truncated),
    fullyMasked: count((row) => row.fullyMasked),
    endOfTextLost: count((row) => row.endOfTextLost),
    prefixMismatches: count((row) => row.prefixMismatch),
    addedTokens: base.addedTokens,
  };
}

/** Rows between two looks at the signal and two turns of the event loop. */
const ROWS_AT_ONCE = 64;

async function maskAll(
  rows: readonly DataRow[],
  { tokenizer }: BaseModel,
  options: TokenizeInput,
  attempt: Attempt,
): Promise<MaskedRow[]> {
  const masked: MaskedRow[] = [];
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    for (const row of rows.slice(start, start + ROWS_AT_ONCE)) masked.push(maskRow(row, tokenizer, options));
    attempt.report({ done: masked.length, total: rows.length, unit: 'rows' });
    await nextTurn();
    attempt.signal.throwIfAborted();
  }
  return masked;
}

async function storeModel(
  store: ArtifactStore,
  source: ArtifactReference,
  { write, addedTokens }: BaseModel,
  runSeed: number,
): Promise<ArtifactReference> {
  if (write === null) return source;
  return inWorkspace(store, async (folder) => {
    await write(join(folder, 'model'));
    return store.take('model', join(folder, 'model'), {
      madeBy: 'tokenize',
      madeFrom: { model: source.sha256 },
      settings: { runSeed, addedTokens },
    });
  });
}

async function storeTokens(
  store: ArtifactStore,
  name: string,
  rows: readonly TokenRow[],
  about: Provenance,
): Promise<ArtifactReference> {
  return inWorkspace(store, async (folder) => {
    await writeTokens(join(folder, name), rows);
    return store.take('tokens', join(folder, name), { ...about, rows: rows.length });
  });
}

async function inWorkspace<Result>(
  store: ArtifactStore,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await store.workspace('tokenize');
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

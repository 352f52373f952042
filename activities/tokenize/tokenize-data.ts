import { writeFile } from 'node:fs/promises';
import { type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import type { TokenizeInput } from '../../workflows/contracts/tokenize.ts';
import { readRows, toJsonLines } from '../artifacts/rows.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { checkLength } from '../model/folder/given-model.ts';
import { type BaseModel, prepareBaseModel } from './base-model.ts';
import { type MaskedRow, type MaskOptions, maskRow, type RowFlags } from './mask/mask.ts';
import { maskInThreads, threadsFor } from './mask/mask-threads.ts';
import { holdOut } from './split.ts';
import { readTemplate } from './template-file.ts';
import type { PromptTemplate } from './templates.ts';
import { TokenFile } from './token-file.ts';

export interface TokenizeRequest {
  modelPath: string;
  /** what messages call the model */
  modelName: string;
  dataPath: string;
  /** what messages call the data */
  dataName: string;
  settings: TokenizeSettings;
  /** null for the one that the model was taught with */
  template: { path: string; name: string } | null;
  /** where to write; what a child that dies leaves beside them is the parent's to remove */
  outputs: Record<'model' | 'training' | 'heldOut' | 'heldOutText', string>;
}

type TokenizeSettings = Pick<
  TokenizeInput,
  'runSeed' | 'maxLength' | 'trainOnPrompt' | 'heldOut' | 'specialTokensInRows'
>;

export interface TokenizeReply {
  addedTokens: string[];
  /** what the rows were put into */
  template: PromptTemplate;
  /** false where the base model needs no change: then nothing is at `outputs.model` */
  modelWritten: boolean;
  trainingRows: number;
  heldOutRows: number;
  counts: RowCounts;
}

/** How many rows what happened to. */
type RowCounts = Record<
  'truncated' | 'fullyMasked' | 'endOfTextLost' | 'prefixMismatches' | 'spellingSpecialTokens',
  number
>;

/** Rows that are masked so far. */
export interface TokenizeEvent {
  done: number;
  total: number;
}

type Tell = (event: TokenizeEvent) => Promise<void>;

/** Rows between two reports. */
const ROWS_AT_ONCE = 64;

/**
 * What of the tokenize step computes: prepares the base model, splits the rows, and writes the files of
 * `outputs`. Runs in a child process.
 *
 * @throws AlpacaError InvalidInput where the model's folder or the data cannot be used, or no row is left
 */
export async function tokenizeData(request: TokenizeRequest, tell: Tell): Promise<TokenizeReply> {
  const { settings, outputs } = request;
  const template = request.template && (await readTemplate(request.template.path, request.template.name));
  const base = await prepareBaseModel(request.modelPath, settings.runSeed, template);
  checkLength(settings.maxLength, base.maxPositions, request.modelName);
  const rows = await readRows(request.dataPath, dataRowOrSeedTask, request.dataName);
  const split = await writeSides(rows, base, request, tell);
  if (split.trainingRows === 0) {
    throw new AlpacaError('InvalidInput', `None of the ${rows.length} rows is left to train on.`, {
      remedy: 'Give more rows, hold out a smaller share, or raise maxLength.',
    });
  }
  await base.write?.(outputs.model);
  return {
    addedTokens: base.addedTokens,
    template: base.template,
    modelWritten: base.write !== null,
    ...split,
  };
}

/** Writes each row to its side as soon as it is masked, so that no side is ever whole in memory. */
async function writeSides(
  rows: readonly DataRow[],
  base: BaseModel,
  request: TokenizeRequest,
  tell: Tell,
): Promise<Pick<TokenizeReply, 'trainingRows' | 'heldOutRows' | 'counts'>> {
  const { settings, outputs } = request;
  const isHeldOut = holdOut(rows, settings.heldOut, settings.runSeed);
  const training = new TokenFile(outputs.training);
  const heldOut = new TokenFile(outputs.heldOut);
  const heldOutTexts: (DataRow & { row: number })[] = [];
  const counts = noRows();
  let index = 0;
  for await (const chunk of maskInOrder(rows, base, request)) {
    for (const masked of chunk) {
      const row = rows[index];
      if (!row) throw new RangeError(`there is no row ${index}`);
      count(counts, masked);
      if (!masked.fullyMasked) {
        const { inputIds, labels } = masked;
        (isHeldOut[index] ? heldOut : training).add({ row: index, inputIds, labels });
        if (isHeldOut[index]) heldOutTexts.push({ row: index, ...row });
      }
      index += 1;
    }
    await tell({ done: index, total: rows.length });
  }
  await training.close();
  await heldOut.close();
  await writeFile(outputs.heldOutText, toJsonLines(heldOutTexts)).catch((error) => {
    throw storageError(error, outputs.heldOutText);
  });
  return { trainingRows: training.rows, heldOutRows: heldOut.rows, counts };
}

/** The rows masked, in order and in chunks; in threads where there are many. */
async function* maskInOrder(
  rows: readonly DataRow[],
  { tokenizer, template }: BaseModel,
  { modelPath, settings }: TokenizeRequest,
): AsyncGenerator<MaskedRow[]> {
  const { maxLength, trainOnPrompt, specialTokensInRows } = settings;
  const options: MaskOptions = { maxLength, trainOnPrompt, specialTokensInRows, template };
  const threads = threadsFor(rows.length);
  if (threads > 1) yield* maskInThreads(chunksOf(rows), threads, { modelPath, options });
  else for (const chunk of chunksOf(rows)) yield chunk.map((row) => maskRow(row, tokenizer, options));
}

function* chunksOf(rows: readonly DataRow[]): Generator<DataRow[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE)
    yield rows.slice(start, start + ROWS_AT_ONCE);
}

function noRows(): RowCounts {
  return { truncated: 0, fullyMasked: 0, endOfTextLost: 0, prefixMismatches: 0, spellingSpecialTokens: 0 };
}

function count(counts: RowCounts, masked: RowFlags): void {
  counts.truncated += Number(masked.truncated);
  counts.fullyMasked += Number(masked.fullyMasked);
  counts.endOfTextLost += Number(masked.endOfTextLost);
  counts.prefixMismatches += Number(masked.prefixMismatch);
  counts.spellingSpecialTokens += Number(masked.spellsSpecialToken);
}

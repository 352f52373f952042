import { writeFile } from 'node:fs/promises';
import { type DataRow, dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import type { TokenizeInput } from '../../workflows/contracts/tokenize.ts';
import { readRows, toJsonLines } from '../artifacts/rows.ts';
import { readTexts } from '../artifacts/texts.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { checkLength } from '../model/folder/given-model.ts';
import { type BaseModel, prepareBaseModel } from './base-model.ts';
import { openChatTemplate } from './chat/chat-template.ts';
import { type PlacedTemplate, readForm } from './chat/form-template.ts';
import type { MaskedRow, RowFlags } from './mask/mask.ts';
import { conversationForm, piecesOfTemplate } from './mask/mask-conversation.ts';
import { maskInThreads, threadsFor } from './mask/mask-threads.ts';
import { createMasker, type MaskerOptions } from './mask/masker.ts';
import { holdOut } from './split.ts';
import type { PromptTemplate } from './templates.ts';
import { TokenFile } from './token-file.ts';

export interface TokenizeRequest {
  modelPath: string;
  /** what messages call the model */
  modelName: string;
  dataPath: string;
  /** what messages call the data */
  dataName: string;
  /** rows to hold out in place of a share of the data, and what messages call them; null: there are none */
  heldOutData: { path: string; name: string } | null;
  settings: TokenizeSettings;
  /** null for the one that the model was taught with */
  template: PlacedTemplate | null;
  /** where to write; what a child that dies leaves beside them is the parent's to remove */
  outputs: Record<'model' | 'training' | 'heldOut' | 'heldOutText', string>;
}

type TokenizeSettings = Pick<
  TokenizeInput,
  'runSeed' | 'maxLength' | 'trainOnPrompt' | 'heldOut' | 'specialTokensInRows' | 'format' | 'rewrittenTurns'
>;

export interface TokenizeReply {
  addedTokens: string[];
  /** what the rows were put into: a prompt template, or the text of a chat template; null for plain text */
  template: PromptTemplate | string | null;
  /** false where the base model needs no change: then nothing is at `outputs.model` */
  modelWritten: boolean;
  trainingRows: number;
  heldOutRows: number;
  counts: RowCounts;
  /** what looks like a special token in the chat template, of which the tokenizer has none */
  piecesOfTemplate: string[];
}

/** How many rows what happened to. */
type RowCounts = Record<
  | 'truncated'
  | 'fullyMasked'
  | 'endOfTextLost'
  | 'prefixMismatches'
  | 'spellingSpecialTokens'
  | 'rewrittenTurns',
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
  const form = await readForm(settings.format, request.template);
  const base = await prepareBaseModel(request.modelPath, settings.runSeed, form);
  checkLength(settings.maxLength, base.maxPositions, request.modelName);
  const sides = await readSides(request);
  const split = await writeSides(sides, base, request, tell);
  if (split.trainingRows === 0) {
    throw new AlpacaError(
      'InvalidInput',
      `None of the ${sides[0]?.rows.length ?? 0} rows is left to train on.`,
      {
        remedy: 'Give more rows, hold out a smaller share, or raise maxLength.',
      },
    );
  }
  await base.write?.(outputs.model);
  return {
    addedTokens: base.addedTokens,
    template: settings.format === 'text' ? null : (base.chat ?? base.template),
    modelWritten: base.write !== null,
    piecesOfTemplate: base.chat === null ? [] : piecesIn(base.chat, base),
    ...split,
  };
}

function piecesIn(chat: string, { files, tokenizer }: BaseModel): string[] {
  try {
    return piecesOfTemplate(conversationForm(openChatTemplate(chat, files, { name: 'it' }), tokenizer));
  } catch (error) {
    // A template may take the rows, and not a conversation that no person wrote.
    if (error instanceof AlpacaError && error.code === 'InvalidInput') return [];
    throw error;
  }
}

/** Rows of one file, and which of them are held out. */
interface Side {
  rows: readonly DataRow[];
  /** what messages call the file */
  dataName: string;
  isHeldOut(index: number): boolean;
}

async function readSides({ dataPath, dataName, heldOutData, settings }: TokenizeRequest): Promise<Side[]> {
  const read = (path: string, name: string) =>
    settings.format === 'text' ? readTexts(path, name) : readRows(path, dataRowOrSeedTask, name);
  const rows = await read(dataPath, dataName);
  if (heldOutData === null) {
    const isHeldOut = holdOut(rows, settings.heldOut, settings.runSeed);
    return [{ rows, dataName, isHeldOut: (index) => isHeldOut[index] === true }];
  }
  const others = await read(heldOutData.path, heldOutData.name);
  return [
    { rows, dataName, isHeldOut: () => false },
    { rows: others, dataName: heldOutData.name, isHeldOut: () => true },
  ];
}

/** Writes each row to its side as soon as it is masked, so that no side is ever whole in memory. */
async function writeSides(
  sides: readonly Side[],
  base: BaseModel,
  request: TokenizeRequest,
  tell: Tell,
): Promise<Pick<TokenizeReply, 'trainingRows' | 'heldOutRows' | 'counts'>> {
  const { settings, outputs } = request;
  const training = new TokenFile(outputs.training);
  const heldOut = new TokenFile(outputs.heldOut);
  const heldOutTexts: { row: number }[] = [];
  const counts = noRows();
  const total = sides.reduce((sum, { rows }) => sum + rows.length, 0);
  const textOf = (row: DataRow, { inputIds, messages }: MaskedRow) =>
    settings.format === 'text'
      ? { text: base.tokenizer.decode([...inputIds], { skipSpecialTokens: true }) }
      : asFarAs(row, messages);
  let done = 0;
  for (const { rows, dataName, isHeldOut } of sides) {
    let index = 0;
    for await (const chunk of maskInOrder(rows, base, { ...request, dataName })) {
      for (const examples of chunk) {
        const row = rows[index];
        if (!row) throw new RangeError(`there is no row ${index}`);
        for (const masked of examples) {
          count(counts, masked);
          if (masked.fullyMasked) continue;
          const { inputIds, labels } = masked;
          (isHeldOut(index) ? heldOut : training).add({ row: index, inputIds, labels });
          if (isHeldOut(index)) heldOutTexts.push({ row: index, ...textOf(row, masked) });
        }
        index += 1;
      }
      await tell({ done: done + index, total });
    }
    done += rows.length;
  }
  await training.close();
  await heldOut.close();
  await writeFile(outputs.heldOutText, toJsonLines(heldOutTexts)).catch((error) => {
    throw storageError(error, outputs.heldOutText);
  });
  return { trainingRows: training.rows, heldOutRows: heldOut.rows, counts };
}

/** The row of an example that has the first of its messages alone. */
function asFarAs(row: DataRow, messages: number): DataRow {
  return row.messages === undefined ? row : { ...row, messages: row.messages.slice(0, messages) };
}

/** What rows become, in order and in chunks; in threads where there are many. */
async function* maskInOrder(
  rows: readonly DataRow[],
  base: BaseModel,
  { modelPath, modelName, dataName, settings, template: given }: TokenizeRequest,
): AsyncGenerator<MaskedRow[][]> {
  const { maxLength, trainOnPrompt, specialTokensInRows, rewrittenTurns, format } = settings;
  const chat = base.chat === null ? null : { text: base.chat, name: given?.name ?? modelName };
  const options: MaskerOptions = {
    ...{ maxLength, trainOnPrompt, specialTokensInRows, rewrittenTurns },
    ...{ template: base.template, chat, isText: format === 'text', dataName },
  };
  const mask = createMasker(base, options);
  const threads = threadsFor(rows.length);
  if (threads > 1) yield* maskInThreads(chunksOf(rows), threads, { modelPath, options });
  else {
    let first = 0;
    for (const chunk of chunksOf(rows)) {
      yield mask(chunk, first);
      first += chunk.length;
    }
  }
}

function* chunksOf(rows: readonly DataRow[]): Generator<DataRow[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE)
    yield rows.slice(start, start + ROWS_AT_ONCE);
}

function noRows(): RowCounts {
  return {
    truncated: 0,
    fullyMasked: 0,
    endOfTextLost: 0,
    prefixMismatches: 0,
    spellingSpecialTokens: 0,
    rewrittenTurns: 0,
  };
}

function count(counts: RowCounts, masked: RowFlags): void {
  counts.truncated += Number(masked.truncated);
  counts.fullyMasked += Number(masked.fullyMasked);
  counts.endOfTextLost += Number(masked.endOfTextLost);
  counts.prefixMismatches += Number(masked.prefixMismatch);
  counts.spellingSpecialTokens += Number(masked.spellsSpecialToken);
  counts.rewrittenTurns += Number(masked.isRewritten);
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import type { TokenizeInput, TokenizeResult } from '../../workflows/contracts/tokenize.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { type ArtifactStore, nameOf, type Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { checkGivenModel } from '../model/folder/given-model.ts';
import { ChildProcess } from '../process/child-process.ts';
import { placedByName } from './chat/form-template.ts';
import { endless, MOST_HEAP_MEGABYTES } from './prepared-model.ts';
import type { TokenizeEvent, TokenizeReply, TokenizeRequest } from './tokenize-data.ts';

/**
 * The tokenize step: prepares the base model, splits off the held-out rows, and writes both sides as
 * masked tokens. Rows without a single target are in neither side. Line i of `heldOutRows` is the text of
 * row i of `heldOutTokens`; the column `row` is the index in the data.
 *
 * A child process does the computing, which would block the event loop of a worker for many seconds; it
 * ends with the attempt's signal.
 */
export async function tokenizeRows(
  input: TokenizeInput,
  { store, silenceMs = SILENCE_MS }: { store: ArtifactStore; silenceMs?: number },
  attempt: Attempt,
): Promise<TokenizeResult> {
  const bring = (from: DataSource, kind: string, builtin?: string) =>
    store.resolve(from, kind, builtin, attempt.signal);
  const given = await store.locate(input.model, builtinPath('tiny-model', input.language));
  if (given.reference === null) await checkGivenModel(given.path);
  const source = await bring(input.model, 'model', builtinPath('tiny-model', input.language));
  const data = await bring(input.data, 'rows', builtinPath('seed-tasks', input.language));
  // Runs that began before there was the field have none.
  const measured = input.heldOutData ?? null;
  const heldOutData =
    measured === null ? null : await bring(measured, 'rows', builtinPath('seed-tasks', input.language));
  const template = input.template === null ? null : await broughtTemplate(input, input.template, bring);
  const { runSeed, maxLength, trainOnPrompt, heldOut, specialTokensInRows, format, rewrittenTurns } = input;
  const folder = await store.workspace('tokenize');
  try {
    const outputs = {
      model: join(folder, 'model'),
      training: join(folder, 'train.parquet'),
      heldOut: join(folder, 'held-out.parquet'),
      heldOutText: join(folder, 'held-out.jsonl'),
    };
    const request: TokenizeRequest = {
      modelPath: await store.open(source),
      modelName: nameOf(input.model),
      dataPath: await store.open(data),
      dataName: nameOf(input.data),
      heldOutData: heldOutData && {
        path: await store.open(heldOutData),
        name: nameOf(measured ?? heldOutData),
      },
      settings: { runSeed, maxLength, trainOnPrompt, heldOut, specialTokensInRows, format, rewrittenTurns },
      template: template && { path: await store.open(template), name: nameOf(input.template ?? template) },
      outputs,
    };
    const reply = await inChild(request, attempt, silenceMs).catch(async (error: unknown) => {
      throw sayingWhatWasGiven(error, request.modelPath, await givenAs(source, store));
    });
    const { addedTokens, modelWritten, trainingRows, heldOutRows, counts, piecesOfTemplate } = reply;
    const model = modelWritten
      ? await store.take('model', outputs.model, {
          madeBy: 'tokenize',
          madeFrom: { model: source.sha256, ...(template && { template: template.sha256 }) },
          settings: { runSeed, addedTokens },
        })
      : source;
    const about: Provenance = {
      madeBy: 'tokenize',
      madeFrom: {
        ...{ data: data.sha256, model: model.sha256 },
        ...(heldOutData && { heldOutData: heldOutData.sha256 }),
        ...(template && { template: template.sha256 }),
      },
      settings: {
        ...{ runSeed, maxLength, trainOnPrompt, heldOut, specialTokensInRows },
        ...(format === 'chat' && { format, rewrittenTurns }),
        ...(format === 'text' && { format }),
        template: reply.template,
        rowsSpellingSpecialTokens: counts.spellingSpecialTokens,
      },
    };
    return {
      model,
      tokens: await store.take('tokens', outputs.training, { ...about, rows: trainingRows }),
      heldOutTokens: await store.take('tokens', outputs.heldOut, { ...about, rows: heldOutRows }),
      heldOutRows: await store.take('rows', outputs.heldOutText, { ...about, rows: heldOutRows }),
      ...counts,
      piecesOfTemplate,
      addedTokens,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a person named, of which the store has a copy. */
async function givenAs(model: ArtifactReference, store: ArtifactStore): Promise<string> {
  const { madeBy, madeFrom } = await store.readManifest(model);
  return madeBy === 'import' && typeof madeFrom?.source === 'string' ? madeFrom.source : model.uri;
}

/** A fault of a model is mended where it came from, and not in the store's copy. */
function sayingWhatWasGiven(error: unknown, copy: string, given: string): unknown {
  if (!(error instanceof AlpacaError) || !error.message.includes(copy)) return error;
  return new AlpacaError(error.code, error.message.replaceAll(copy, given), { cause: error });
}

type Bring = (from: DataSource, kind: string, builtin?: string) => Promise<ArtifactReference>;

function broughtTemplate(
  { format, language }: TokenizeInput,
  given: DataSource,
  bring: Bring,
): Promise<ArtifactReference> {
  const placed = placedByName({ format }, given);
  if (placed !== null) return bring('builtin', 'template', placed.path);
  return bring(given, 'template', format === 'chat' ? undefined : builtinPath('template', language));
}

/** Sixty-four rows take milliseconds, a row group well under a second; a single text of megabytes may take minutes. */
const SILENCE_MS = 10 * 60_000;

async function inChild(
  request: TokenizeRequest,
  attempt: Attempt,
  silenceMs: number,
): Promise<TokenizeReply> {
  let rows = 0;
  const child = new ChildProcess<TokenizeRequest, TokenizeReply, TokenizeEvent>(
    new URL('./tokenize-child.ts', import.meta.url),
    attempt,
    async ({ done, total }) => {
      rows = done;
      attempt.report({ done, total, unit: 'rows' });
    },
    {
      name: 'tokenizing',
      silenceMs,
      limits: {
        heapMegabytes: MOST_HEAP_MEGABYTES,
        exceeded: (how) => endless(`Tokenizing ${request.dataName} ${how}, after row ${rows}`),
      },
    },
  );
  try {
    return await child.ask(request);
  } finally {
    await child.close();
  }
}

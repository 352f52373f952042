import { copyFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../artifacts/atomic.ts';
import { digestOf } from '../artifacts/digest.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { storageError } from '../errors.ts';
import type { PreferenceRow } from '../evaluate/preference/preference-row.ts';
import { datasetCard } from './cards/dataset-card.ts';
import { datasheet } from './cards/datasheet.ts';
import { modelCard } from './cards/model-card.ts';
import { releasedRow, writeDataFiles, writeText } from './data-files.ts';
import { makeManifest } from './manifest.ts';
import { PAIRS_FILE, pairLines } from './preference-file.ts';
import type { CardContents, ReleaseContents } from './release-contents.ts';
import { cardForms, writeWeights } from './trained-model.ts';

/** The recipe's own name for its data. */
export const DATA_FILE = 'alpaca_data.json';
export const SIMILARITY_FILE = 'alpaca_data_similarity.json';
export const PROVENANCE_FILE = 'provenance.jsonl';
const SELF_INSTRUCT_FOLDER = 'self-instruct';
export const MANIFEST_FILE = 'manifest.json';

interface BesideRows {
  /** the rows' nearest neighbours; null where nothing measured them */
  similarity: Iterable<unknown> | AsyncIterable<unknown> | null;
  pairs: readonly PreferenceRow[];
}

/**
 * Writes the folder that a person publishes:
 *
 *   alpaca_data.json             the recipe's file: a JSON array, four spaces, instruction, input, output, or of a
 *                                conversation its messages
 *   alpaca_data_similarity.json  the same rows with their nearest neighbours, where dedupe measured them
 *   data/SPLIT.jsonl, .parquet   the same rows by split; without splits all are in `train`
 *   provenance.jsonl             for each row, the request, prompt and segment that it came from, and its language
 *   preference-pairs.jsonl       chosen and rejected answers, where they were asked for and there are any
 *   self-instruct/               where the run's method was Self-Instruct: its files as the original has them
 *   README.md                    the dataset card
 *   DATASHEET.md                 what one should know of a data set before using it, as questions and answers
 *   LICENSE                      what the releaser says of the licence
 *   model/README.md              the model card, where the run trained a model; the weights where asked for
 *   adapter/, difference/        the model in these forms, where asked for, each with its card
 *   manifest.json                run, settings, digests
 *
 * The folder must not exist. Equal contents give equal bytes.
 *
 * @throws AlpacaError InvalidInput where a form of the model is asked for that the run has not
 */
export async function writeRelease(
  folder: string,
  contents: ReleaseContents,
  { similarity, pairs }: BesideRows,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<void> {
  await makeFolder(folder);
  await writeJsonArray(join(folder, DATA_FILE), contents.rows.map(releasedRow));
  if (similarity) await writeJsonArray(join(folder, SIMILARITY_FILE), similarity);
  await writeDataFiles(folder, contents.rows, contents.splits);
  await writeText(join(folder, PROVENANCE_FILE), provenanceLines(contents));
  if (pairs.length > 0) await writeText(join(folder, PAIRS_FILE), pairLines(pairs));
  await copyStageFiles(folder, contents, store);
  await writeWeights(folder, contents, store, attempt);
  for (const [path, text] of writtenTexts(contents)) {
    await makeFolder(dirname(join(folder, path)));
    // A card that came with a model's files gives way to ours.
    await writeFile(join(folder, path), text).catch((error) => {
      throw storageError(error, path);
    });
  }
  const { files = [] } = await digestOf(folder);
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(makeManifest(contents, files), null, 2)}\n`);
}

/** Its tools take them, and they hold what no row does: the prompts, and what became of every instruction. */
async function copyStageFiles(folder: string, { run }: ReleaseContents, store: ArtifactStore): Promise<void> {
  const files = Object.values(run?.generate?.selfInstruct?.files ?? {});
  if (files.length === 0) return;
  const beside = join(folder, SELF_INSTRUCT_FOLDER);
  await makeFolder(beside);
  for (const file of files) {
    const name = file.uri.slice(file.uri.lastIndexOf('/') + 1);
    await copyFile(await store.open(file), join(beside, name)).catch((error) => {
      throw storageError(error, name);
    });
  }
}

/** The texts of a release by their paths: a function of its rows and its manifest alone. */
export function writtenTexts(contents: CardContents): Map<string, string> {
  const texts = new Map([
    ['README.md', datasetCard(contents)],
    ['DATASHEET.md', datasheet(contents)],
    ['LICENSE', licenceNote(contents)],
  ]);
  for (const form of cardForms(contents)) texts.set(`${form}/README.md`, modelCard(contents, form));
  return texts;
}

/** Writes a JSON array row by row: what `JSON.stringify(rows, null, 4)` gives, and a newline. */
export async function writeJsonArray(
  path: string,
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<void> {
  async function* pieces() {
    let first = true;
    for await (const row of rows) {
      yield `${first ? '[' : ','}\n${JSON.stringify(row, null, 4).replace(/^/gm, '    ')}`;
      first = false;
    }
    yield first ? '[]\n' : '\n]\n';
  }
  await writeText(path, pieces());
}

/** The split is said where there is more than one. */
function* provenanceLines({ rows, splits }: CardContents): Generator<string> {
  const hasSplits = new Set(splits).size > 1;
  for (const [row, { language, provenance }] of rows.entries())
    yield `${JSON.stringify({ row, language, ...provenance, ...(hasSplits ? { split: splits[row] } : {}) })}\n`;
}

function licenceNote({ name, licence }: CardContents): string {
  return `The data "${name}" is released under: ${licence}\n\nThe rows are machine-made. Check the terms of the teacher's provider before using them to train models.\n`;
}

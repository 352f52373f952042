import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import { evaluationInstruction, type SeedTask, seedTask } from '../../workflows/contracts/data.ts';
import { type InLanguages, languagesOf } from '../../workflows/contracts/run/shares.ts';
import type { SampleInput, SampleResult } from '../../workflows/contracts/sample.ts';
import { type Builtin, builtinPath } from '../artifacts/builtin.ts';
import { digestOf } from '../artifacts/digest.ts';
import { tokenizationOfLanguages } from '../artifacts/languages/language.ts';
import { readRows, toJsonLines } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { checkEvaluationInstructions, checkSeedTasks } from './seed-tasks.ts';

/**
 * The sample step: reads the seed tasks and the evaluation instructions from where the input says, checks
 * every row, and stores both as JSONL with the schema's fields alone, in the schema's order. Equal rows
 * give equal digests, however the file that they came from was written.
 *
 * @throws AlpacaError `InvalidInput` naming the source, the line, the field and the reason; `NotFound` or
 *   `RefusedPath` where the source cannot be read
 */
export async function sampleSeeds(
  input: SampleInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<SampleResult> {
  attempt.report({ done: 0, total: 2, unit: 'files', note: 'seed tasks' });
  const tasks = await readSource(store, input.seedTasks, 'seed-tasks', input, seedTask);
  refuseWithoutLanguage(tasks, input.languages);
  const counts = checkSeedTasks(tasks.rows, tasks.name);

  attempt.signal.throwIfAborted();
  attempt.report({ done: 1, total: 2, unit: 'files', note: 'evaluation instructions' });
  const instructions = await readSource(
    store,
    input.evaluationInstructions,
    'evaluation-instructions',
    input,
    evaluationInstruction,
  );
  checkEvaluationInstructions(instructions.rows, instructions.name);

  const result: SampleResult = {
    seedTasks: await storeRows(store, 'seed-tasks', tasks),
    evaluationInstructions: await storeRows(store, 'evaluation-instructions', instructions),
    tokenization: tokenizationOfLanguages(languagesOf(input)),
    classificationTasks: counts.classification,
    tasksWithoutInput: counts.withoutInput,
  };
  attempt.report({ done: 2, total: 2, unit: 'files' });
  return result;
}

/** Several go into every prompt, which is made and counted in one piece; the original's longest has 2,000. */
const MOST_ROW_CHARACTERS = 65_536;

/** A hundred thousand seed tasks; the original has 175, in a tenth of a megabyte. */
const MOST_SEED_BYTES = 2 ** 26;

type RowKind = Extract<Builtin, 'seed-tasks' | 'evaluation-instructions'>;

interface SourceRows<Row> {
  rows: Row[];
  /** what the user called the source: a path, a uri or `builtin` */
  name: string;
  sha256: string;
}

/** Of a run in several languages what is shipped is that of each, one after the other; its seed tasks say of which they are. */
async function readSource<Row extends { id: string }>(
  store: ArtifactStore,
  source: DataSource,
  kind: RowKind,
  of: InLanguages,
  schema: z.ZodType<Row>,
): Promise<SourceRows<Row>> {
  if (source !== 'builtin' || of.languages === null)
    return readFrom(store, source, kind, of.language, schema);
  const each = await Promise.all(
    languagesOf(of).map(async (language) => {
      const read = await readFrom(store, source, kind, language, schema);
      return { ...read, rows: read.rows.map((row) => ({ ...row, id: `${language}-${row.id}`, language })) };
    }),
  );
  return {
    rows: each.flatMap(({ rows }) => rows),
    name: source,
    sha256: createHash('sha256')
      .update(each.map(({ sha256 }) => sha256).join('\n'))
      .digest('hex'),
  };
}

/** Reads and checks before anything is stored: a bad file leaves nothing behind. */
async function readFrom<Row>(
  store: ArtifactStore,
  source: DataSource,
  kind: RowKind,
  language: string,
  schema: z.ZodType<Row>,
): Promise<SourceRows<Row>> {
  const { path, name } = await store.locate(source, builtinPath(kind, language));
  const rows = await readRows(path, schema, name, { most: MOST_SEED_BYTES });
  const tooLong = rows.findIndex((row) => JSON.stringify(row).length > MOST_ROW_CHARACTERS);
  if (tooLong !== -1)
    throw new AlpacaError('InvalidInput', `${name}: row ${tooLong + 1} has more than 65,536 characters.`, {
      remedy: 'Shorten it: three seed tasks, or an instruction, go into one prompt.',
    });
  return { rows, name, sha256: (await digestOf(path)).sha256 };
}

/** @throws AlpacaError InvalidInput naming the first row of which it is not known in which of the run's languages it is */
function refuseWithoutLanguage(
  { rows, name }: SourceRows<SeedTask>,
  languages: SampleInput['languages'],
): void {
  if (languages === null) return;
  const unknown = rows.findIndex(({ language }) => language === undefined || !(language in languages));
  if (unknown === -1) return;
  const names = Object.keys(languages).join(', ');
  throw new AlpacaError(
    'InvalidInput',
    `${name}: the seed task of row ${unknown + 1} does not say in which of ${names} it is.`,
    { remedy: 'Give each seed task of a run in several languages a "language".' },
  );
}

function storeRows(
  store: ArtifactStore,
  kind: RowKind,
  { rows, name, sha256 }: SourceRows<unknown>,
): Promise<ArtifactReference> {
  return store.putFile(kind, `${kind}.jsonl`, toJsonLines(rows), {
    rows: rows.length,
    madeBy: 'sample',
    madeFrom: { [name]: sha256 },
  });
}

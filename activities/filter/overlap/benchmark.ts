import { z } from 'zod';
import type { ArtifactReference, DataSource } from '../../../workflows/contracts/data.ts';
import type { InLanguages } from '../../../workflows/contracts/run/shares.ts';
import { builtinPathsOf } from '../../artifacts/builtin.ts';
import { streamRows } from '../../artifacts/rows.ts';
import { type ArtifactStore, nameOf } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';

/** A text of a file that rows must not overlap, and where it stands. */
export interface BenchmarkText {
  text: string;
  /** the file's place in the list of files */
  file: number;
  /** from 0 */
  row: number;
  field: string;
}

/** Whatever a benchmark's rows are called: an object. */
const anyObject = z.record(z.string(), z.json());

/**
 * The texts of a file. Every string that is not blank is looked at, at whatever depth it stands, so that no benchmark
 * is missed for its names; an `instruction` with an `input` of its own, or of its first instance, is one text more.
 *
 * @param name what messages call the file
 * @throws AlpacaError NotFound; InvalidInput for a row that is no object, and a file without any text
 */
export async function readBenchmark(
  path: string,
  file: number,
  name: string,
  signal?: AbortSignal,
): Promise<BenchmarkText[]> {
  const texts: BenchmarkText[] = [];
  let row = 0;
  for await (const object of streamRows(path, anyObject, name, {
    most: MOST_BYTES,
    ...(signal && { signal }),
  })) {
    for (const { field, text } of [...textsOf(object, []), ...promptOf(object)])
      if (text.trim() !== '') texts.push({ text, file, row, field });
    row += 1;
  }
  if (texts.length === 0)
    throw new AlpacaError('InvalidInput', `${name} has no object with a text in it.`, {
      remedy: 'Name JSONL or a JSON array of objects: what rows must not overlap.',
    });
  return texts;
}

/** All of them are in the memory of each thread: a benchmark has some megabytes. */
const MOST_BYTES = 2 ** 28;

/** The files of a run, as artifacts of the store, and their texts in order; `builtin` is one for each language. */
export async function openBenchmarks(
  files: readonly DataSource[],
  run: InLanguages,
  store: ArtifactStore,
  signal: AbortSignal,
): Promise<{ against: ArtifactReference[]; texts: BenchmarkText[] }> {
  const against: ArtifactReference[] = [];
  const texts: BenchmarkText[] = [];
  for (const source of files)
    for (const builtin of builtinPathsOf(source, 'evaluation-instructions', run)) {
      const reference = await store.resolve(source, 'benchmark', builtin, signal);
      const file = against.push(reference) - 1;
      for (const text of await readBenchmark(await store.open(reference), file, nameOf(source), signal))
        texts.push(text);
    }
  return { against, texts };
}

interface FieldText {
  field: string;
  text: string;
}

function* textsOf(value: unknown, path: readonly string[]): Generator<FieldText> {
  if (typeof value === 'string') yield { field: path.join('.'), text: value };
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* textsOf(inner, [...path, name]);
}

const asked = z.object({
  instruction: z.string(),
  input: z.string().optional(),
  instances: z.tuple([z.object({ input: z.string() })], z.unknown()).optional(),
});

function* promptOf(object: object): Generator<FieldText> {
  const { data } = asked.safeParse(object);
  const input = data?.input ?? data?.instances?.[0].input ?? '';
  if (data && input.trim() !== '')
    yield { field: 'instruction + input', text: `${data.instruction}\n${input}` };
}

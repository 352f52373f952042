import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import { dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import { isTeacher } from '../../workflows/contracts/evaluate.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import { languagesOf } from '../../workflows/contracts/run/shares.ts';
import { builtinPath, builtinPathsOf } from '../artifacts/builtin.ts';
import { streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { classWordsOf } from '../classes/class-words.ts';
import { measureAccuracy } from '../classes/measured-accuracy.ts';
import { modelOutput } from '../evaluate/answers/model-outputs.ts';
import { readRubric } from '../filter/grade/rubric.ts';
import { readBenchmark } from '../filter/overlap/benchmark.ts';
import { filterWordsOf } from '../filter/words/filter-words.ts';
import type { GivenForm } from '../tokenize/base-model.ts';
import { placedByName, readForm } from '../tokenize/chat/form-template.ts';
import { readWholeState } from '../train/checkpoint/whole-state.ts';

type LaterInput = Pick<AlpacaInput, 'filter' | 'tokenize' | 'train' | 'evaluate' | 'language' | 'languages'>;

/**
 * Reads what only steps after generation read: files that rows must not overlap, what they are graded by, words and
 * classes of each language, a checkpoint to go on from, models and files of answers to compare with.
 *
 * @param tryModel looks whether a model's folder can be used
 * @throws AlpacaError naming what is not there, or will not do
 */
export async function readLaterFiles(
  input: LaterInput,
  store: ArtifactStore,
  tryModel: (path: string) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const { filter, tokenize, train, evaluate, language } = input;
  for (const [file, source] of (filter?.decontaminate?.files ?? []).entries())
    for (const builtin of builtinPathsOf(source, 'evaluation-instructions', input)) {
      const { path, name } = await store.locate(source, builtin);
      await readBenchmark(path, file, name, signal);
    }
  for (const name of new Set([language, ...languagesOf(input)])) {
    if (filter !== null) filterWordsOf(name);
    classWordsOf(name);
    await measureAccuracy(name);
  }
  if (filter?.grade) {
    const { path, name } = await store.locate(filter.grade.rubric, builtinPath('grade-rubric', language));
    await readRubric(path, name);
  }
  if (tokenize.heldOutData !== null) {
    const { path, name } = await store.locate(tokenize.heldOutData, builtinPath('seed-tasks', language));
    await readAll(path, dataRowOrSeedTask, name, signal);
  }
  if (train.continueFrom !== null) {
    const { path, name } = await store.locate(train.continueFrom);
    await readWholeState(path, name);
  }
  for (const source of evaluate.others) {
    if (isTeacher(source)) continue;
    const { path, name } = await store.locate(source, builtinPath('tiny-model', language));
    if ((await stat(path)).isFile()) await readAll(path, modelOutput, name, signal);
    else await tryModel(path);
  }
}

/**
 * Reads what rows are to be put into.
 *
 * @returns with what messages call it; null for what the model has by itself
 * @throws AlpacaError naming the file that is not there, or will not do
 */
export async function readGivenForm(
  { tokenize, language }: Pick<AlpacaInput, 'tokenize' | 'language'>,
  store: ArtifactStore,
): Promise<{ form: GivenForm; name: string } | null> {
  const { format, template } = tokenize;
  if (template === null) return null;
  const placed =
    placedByName(tokenize, template) ?? (await store.locate(template, builtinPath('template', language)));
  return { form: await readForm(format, placed), name: placed.name };
}

async function readAll(path: string, schema: z.ZodType, name: string, signal: AbortSignal): Promise<void> {
  for await (const _ of streamRows(path, schema, name, { signal })) {
    // Reading is the check.
  }
}

import type { z } from 'zod';
import { parseJson } from '../../../activities/artifacts/formats/parse-json.ts';
import { languageOf } from '../../../activities/artifacts/languages/language.ts';
import { streamRows } from '../../../activities/artifacts/rows.ts';
import { readRubric } from '../../../activities/filter/grade/rubric.ts';
import { hasRandomWeights, readConfig } from '../../../activities/model/folder/folder.ts';
import { checkLength } from '../../../activities/model/folder/given-model.ts';
import { readForm } from '../../../activities/tokenize/chat/form-template.ts';
import { isOfHub } from '../../../workflows/contracts/data/hub.ts';
import {
  type DataSource,
  dataRowOrSeedTask,
  evaluationInstruction,
  seedTask,
} from '../../../workflows/contracts/data.ts';
import { isTeacher } from '../../../workflows/contracts/evaluate.ts';
import { type AlpacaInput, alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { learningRateOf } from '../../../workflows/decisions/train/learning-rate.ts';
import { rowsAtHub } from '../model/at-hub.ts';
import { knownModel } from '../model/known-models.ts';
import { existingModel, fetchedModel, importModel, licenceOf, modelFolder } from '../model/named-model.ts';
import { UsageError } from '../outcome.ts';
import { existing, importSource, isPath } from '../place.ts';
import { addRecipe, Layers } from '../recipe/layers.ts';
import { kebab, parseInput } from '../schema-options.ts';
import { checkBenchmarks, importBenchmarks } from './benchmark-files.ts';
import { pathsOf } from './candidates.ts';

/** The options of `alpaca run` that shape the workflow's input. */
export interface RunInputOptions {
  /** the name of a shipped one, or a file */
  recipe?: string | undefined;
  input?: string | undefined;
  set?: readonly string[] | undefined;
  teacher?: string | undefined;
  budget?: string | undefined;
  target?: string | undefined;
  seedTasks?: string | undefined;
  from?: string | undefined;
  model?: string | undefined;
  language?: string | undefined;
}

/** A run's input, and where each of its values was said. */
export interface ResolvedInput {
  input: AlpacaInput;
  /** the file and line, or the option, by the path of a value; null where it is a default */
  originOf(path: readonly PropertyKey[]): string | null;
}

/** The input as `resolveRunInput` has it. */
export async function buildRunInput(options: RunInputOptions): Promise<AlpacaInput> {
  return (await resolveRunInput(options)).input;
}

/**
 * Builds the input: the recipe and what it extends (where none is named, that of a model with a short name), then the JSON of --input, then --set PATH=VALUE, then the named
 * options.
 *
 * @throws UsageError for what does not parse, and fields that the schema refuses, each with where it stands
 */
export async function resolveRunInput(options: RunInputOptions): Promise<ResolvedInput> {
  const layers = new Layers();
  const recipe = options.recipe ?? (options.model === undefined ? null : knownModel(options.model)?.recipe);
  if (recipe != null) await addRecipe(layers, recipe);
  if (options.input !== undefined) layers.add(objectIn(options.input), () => '--input');
  for (const assignment of options.set ?? []) {
    const at = assignment.indexOf('=');
    if (at < 1) throw new UsageError(`--set ${assignment}: expected PATH=VALUE, such as train.epochs=1.`);
    layers.set(assignment.slice(0, at), valueIn(assignment, at + 1), '--set');
  }
  for (const [option, path] of NAMED) {
    const value = options[option];
    if (value !== undefined) layers.set(path, scalar(value), `--${kebab(option)}`);
  }
  return {
    input: parseInput(alpacaInput, layers.fields, 'input', (path) => layers.nearestOrigin(path)),
    originOf: (path) => layers.originOf(path),
  };
}

/** The options that stand for one field. */
const NAMED = [
  ['teacher', 'generate.teacher'],
  ['budget', 'budgetUsd'],
  ['target', 'generate.target'],
  ['seedTasks', 'sample.seedTasks'],
  ['from', 'generate.from'],
  ['model', 'tokenize.model'],
  ['language', 'language'],
] as const;

/**
 * Checks the files that the user named, before anything is started: a bad row is told by the name that the
 * user knows, and not by that of its copy in the store.
 *
 * @throws AlpacaError NotFound; InvalidInput for a language that there is not, or naming file, line, field and reason
 */
export async function checkNamedFiles(input: AlpacaInput): Promise<void> {
  const { sample, generate, filter, tokenize, train, evaluate } = input;
  languageOf(input.language);
  if (isPath(sample.seedTasks)) await checkRows(sample.seedTasks, seedTask);
  if (isPath(sample.evaluationInstructions))
    await checkRows(sample.evaluationInstructions, evaluationInstruction);
  if (generate.from !== null && isPath(generate.from)) await checkRows(generate.from, dataRowOrSeedTask);
  await checkBenchmarks(filter?.decontaminate);
  if (filter?.grade && isPath(filter.grade.rubric)) await readRubric(await existing(filter.grade.rubric));
  if (isPath(tokenize.model)) {
    const model = await existingModel(tokenize.model);
    checkLength(tokenize.maxLength, (await readConfig(model)).maxPositions, tokenize.model);
  }
  if (tokenize.heldOutData !== null && isPath(tokenize.heldOutData))
    await checkRows(tokenize.heldOutData, dataRowOrSeedTask);
  if (tokenize.template !== null && isPath(tokenize.template))
    await readForm(tokenize.format, {
      path: await existing(tokenize.template),
      name: tokenize.template,
    });
  if (train.continueFrom !== null && isPath(train.continueFrom)) await existing(train.continueFrom);
  for (const path of pathsOf(evaluate.others)) await existing(path);
}

/** What a person should know of the learning rate before a run begins; null where it is as usual. */
export async function learningRateWarning({ tokenize, train }: AlpacaInput): Promise<string | null> {
  const { model } = tokenize;
  if (model !== 'builtin' && !isPath(model)) return null;
  const isRandom = model === 'builtin' || (await hasRandomWeights(await modelFolder(model)));
  return learningRateOf(train, isRandom).warning;
}

async function checkRows(path: string, schema: z.ZodType): Promise<void> {
  for await (const _ of streamRows(await existing(path), schema)) {
    // Reading is the check.
  }
}

/** Replaces the seed tasks and evaluation instructions that the user named: all that an estimate reads. */
export async function importSeeds(input: AlpacaInput, store: string): Promise<AlpacaInput> {
  const { seedTasks, evaluationInstructions } = input.sample;
  return {
    ...input,
    sample: {
      seedTasks: await importSource(seedTasks, 'seeds', store),
      evaluationInstructions: await importSource(evaluationInstructions, 'instructions', store),
    },
  };
}

/** Replaces the paths that the user named by artifacts of the store. */
export async function importNamedFiles(input: AlpacaInput, store: string): Promise<AlpacaInput> {
  const { generate, filter, tokenize, train, evaluate, release } = input;
  const imported = async (source: DataSource | null, kind: string) =>
    source === null ? null : importSource(source, kind, store);
  const base = await fetchedModel(tokenize.model);
  const rows = isOfHub(generate.from) ? await rowsAtHub(generate.from) : null;
  return {
    ...(await importSeeds(input, store)),
    generate: {
      ...generate,
      from: await imported(rows?.path ?? generate.from, 'rows'),
    },
    filter: filter && {
      ...filter,
      decontaminate: await importBenchmarks(filter.decontaminate, store),
      grade: filter.grade && {
        ...filter.grade,
        rubric: await importSource(filter.grade.rubric, 'rubric', store),
      },
    },
    tokenize: {
      ...tokenize,
      model: await importModel(base?.path ?? tokenize.model, store),
      template: await imported(tokenize.template, 'template'),
      heldOutData: await imported(tokenize.heldOutData, 'rows'),
    },
    release: {
      ...release,
      baseModel: release.baseModel ?? base?.name ?? null,
      modelLicence: release.modelLicence ?? (await licenceOf(tokenize.model)),
      ...(rows && { sourceDataset: release.sourceDataset ?? rows.name }),
    },
    train: { ...train, continueFrom: await imported(train.continueFrom, 'checkpoint') },
    evaluate: {
      ...evaluate,
      others: await Promise.all(
        evaluate.others.map((source) =>
          isTeacher(source) ? source : importSource(source, 'candidate', store),
        ),
      ),
    },
  };
}

function objectIn(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new UsageError(`--input is no valid JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError('--input must be one JSON object, such as \'{"generate":{"target":200}}\'.');
  return { ...value };
}

/** @throws UsageError for what begins as a list or an object, and is no JSON */
function valueIn(assignment: string, from: number): unknown {
  const text = assignment.slice(from);
  if (!/^\s*[[{]/.test(text)) return scalar(text);
  try {
    return parseJson(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `--set ${assignment}: a list or an object is written as JSON, such as '["a", "b"]': ${why}`,
    );
  }
}

/** A finite number, true, false or null where the text is one, else the text itself. */
function scalar(text: string): unknown {
  if (/^(true|false|null)$/.test(text)) return JSON.parse(text);
  if (/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text);
  return text;
}

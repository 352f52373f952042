import type { z } from 'zod';
import { parseJson } from '../../../activities/artifacts/formats/parse-json.ts';
import { readGiven } from '../../../activities/artifacts/given.ts';
import { streamRows } from '../../../activities/artifacts/rows.ts';
import { readConfig } from '../../../activities/model/folder/folder.ts';
import { readTemplate } from '../../../activities/tokenize/template-file.ts';
import {
  type DataSource,
  dataRowOrSeedTask,
  evaluationInstruction,
  seedTask,
} from '../../../workflows/contracts/data.ts';
import { isTeacher } from '../../../workflows/contracts/evaluate.ts';
import { type AlpacaInput, alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { UsageError } from '../outcome.ts';
import { existing, importSource, isPath } from '../place.ts';
import { parseInput } from '../schema-options.ts';
import { pathsOf } from './candidates.ts';

/** The options of `alpaca run` that shape the workflow's input. */
export interface RunInputOptions {
  input?: string | undefined;
  inputFile?: string | undefined;
  set?: readonly string[] | undefined;
  teacher?: string | undefined;
  budget?: string | undefined;
  target?: string | undefined;
  seedTasks?: string | undefined;
  from?: string | undefined;
  model?: string | undefined;
  language?: string | undefined;
}

type Json = Record<string, unknown>;

/**
 * Builds the input: the JSON of --input or --input-file, then --set PATH=VALUE, then the named options.
 *
 * @throws UsageError for JSON that does not parse and fields that the schema refuses
 */
export async function buildRunInput(options: RunInputOptions): Promise<AlpacaInput> {
  const input = await baseInput(options);
  for (const assignment of options.set ?? []) assign(input, assignment);
  const named: [string, string | undefined][] = [
    ['generate.teacher', options.teacher],
    ['budgetUsd', options.budget],
    ['generate.target', options.target],
    ['sample.seedTasks', options.seedTasks],
    ['generate.from', options.from],
    ['tokenize.model', options.model],
    ['language', options.language],
  ];
  for (const [path, value] of named) if (value !== undefined) setPath(input, path, scalar(value));
  return parseInput(alpacaInput, input, 'input');
}

/**
 * Checks the files that the user named, before anything is started: a bad row is told by the name that the
 * user knows, and not by that of its copy in the store.
 *
 * @throws AlpacaError NotFound; InvalidInput naming file, line, field and reason
 */
export async function checkNamedFiles(input: AlpacaInput): Promise<void> {
  const { sample, generate, tokenize, train, evaluate } = input;
  if (isPath(sample.seedTasks)) await checkRows(sample.seedTasks, seedTask);
  if (isPath(sample.evaluationInstructions))
    await checkRows(sample.evaluationInstructions, evaluationInstruction);
  if (generate.from !== null && isPath(generate.from)) await checkRows(generate.from, dataRowOrSeedTask);
  if (isPath(tokenize.model)) await readConfig(await existing(tokenize.model));
  if (tokenize.template !== null && isPath(tokenize.template))
    await readTemplate(await existing(tokenize.template));
  if (train.continueFrom !== null && isPath(train.continueFrom)) await existing(train.continueFrom);
  for (const path of pathsOf(evaluate.others)) await existing(path);
}

async function checkRows(path: string, schema: z.ZodType): Promise<void> {
  for await (const _ of streamRows(await existing(path), schema)) {
    // Reading is the check.
  }
}

/** Replaces the paths that the user named by artifacts of the store. */
export async function importNamedFiles(input: AlpacaInput, store: string): Promise<AlpacaInput> {
  const { sample, generate, tokenize, train, evaluate } = input;
  const imported = async (source: DataSource | null, kind: string) =>
    source === null ? null : importSource(source, kind, store);
  return {
    ...input,
    sample: {
      seedTasks: await importSource(sample.seedTasks, 'seeds', store),
      evaluationInstructions: await importSource(sample.evaluationInstructions, 'instructions', store),
    },
    generate: {
      ...generate,
      from: await imported(generate.from, 'rows'),
    },
    tokenize: {
      ...tokenize,
      model: await importSource(tokenize.model, 'model', store),
      template: await imported(tokenize.template, 'template'),
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

/** A workflow's input has two megabytes at the most. */
const MOST_INPUT_BYTES = 2 ** 21;

async function baseInput({ input, inputFile }: RunInputOptions): Promise<Json> {
  if (input !== undefined && inputFile !== undefined)
    throw new UsageError('Give --input or --input-file, not both.');
  if (inputFile !== undefined) {
    const text = await readGiven(inputFile, { most: MOST_INPUT_BYTES }).catch((error: Error) => {
      throw new UsageError(`The input file ${inputFile} cannot be read: ${error.message}`);
    });
    return objectIn(String(text), `The input file ${inputFile}`);
  }
  return input === undefined ? {} : objectIn(input, '--input');
}

function objectIn(text: string, where: string): Json {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new UsageError(`${where} is no valid JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${where} must be one JSON object, such as '{"generate":{"target":200}}'.`);
  return value as Json;
}

function assign(input: Json, assignment: string): void {
  const at = assignment.indexOf('=');
  if (at < 1) throw new UsageError(`--set ${assignment}: expected PATH=VALUE, such as train.epochs=1.`);
  setPath(input, assignment.slice(0, at), scalar(assignment.slice(at + 1)));
}

function setPath(input: Json, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at = input;
  for (const name of names) {
    const next = at[name] ?? {};
    if (typeof next !== 'object' || Array.isArray(next))
      throw new UsageError(`${path} cannot be set: ${name} is no object in the input.`);
    at[name] = next;
    at = next as Json;
  }
  at[last] = value;
}

/** A finite number, true, false or null where the text is one, else the text itself. */
function scalar(text: string): unknown {
  if (/^(true|false|null)$/.test(text)) return JSON.parse(text);
  if (/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text);
  return text;
}

import { existsSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOfHub } from '../../../workflows/contracts/data/hub.ts';
import { isModelName } from '../model/known-models.ts';
import { UsageError } from '../outcome.ts';
import { isPath, pathInPlaceOf } from '../place.ts';
import type { RecipeFile } from './recipe-file.ts';

type Fields = Record<string, unknown>;

/** What a run's input is put together of, one over the other, and where each field was said last. */
export class Layers {
  readonly fields: Fields = {};
  readonly #origins = new Map<string, string>();

  /** Puts an object over what is there: objects field by field, all else whole. */
  add(fields: Fields, originOf: (path: string) => string): void {
    this.#merge(this.fields, fields, '', originOf);
  }

  /**
   * Puts one value in its place: `train.epochs`.
   *
   * @throws UsageError where something on the way to it is no object
   */
  set(path: string, value: unknown, origin: string): void {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let at = this.fields;
    for (const name of names) {
      const next = Object.hasOwn(at, name) ? at[name] : {};
      if (!isObject(next)) throw new UsageError(`${path} cannot be set: ${name} is no object in the input.`);
      define(at, name, next);
      at = next;
    }
    define(at, last, value);
    this.#say(value, path, () => origin);
  }

  /** Where the value at a path was said: a file and line, an option; null: nowhere, it is a default. */
  originOf(path: readonly PropertyKey[]): string | null {
    return this.#origins.get(path.join('.')) ?? null;
  }

  /** The same, or of what it is a part of: an element of a list, a field that is missing. */
  nearestOrigin(path: readonly PropertyKey[]): string | null {
    if (path.length === 0) return null;
    return this.originOf(path) ?? this.nearestOrigin(path.slice(0, -1));
  }

  #merge(base: Fields, over: Fields, within: string, originOf: (path: string) => string): void {
    for (const [name, value] of Object.entries(over)) {
      const path = within === '' ? name : `${within}.${name}`;
      const before = Object.hasOwn(base, name) ? base[name] : undefined;
      if (isObject(value) && isObject(before)) this.#merge(before, value, path, originOf);
      else {
        define(base, name, structuredClone(value));
        this.#say(value, path, originOf);
      }
    }
  }

  #say(value: unknown, path: string, originOf: (path: string) => string): void {
    this.#origins.set(path, originOf(path));
    if (!isObject(value)) return;
    for (const [name, inner] of Object.entries(value)) this.#say(inner, `${path}.${name}`, originOf);
  }
}

/** The recipes that this package ships, by name. */
export const RECIPES: readonly string[] = [
  ...['alpaca-7b', 'alpaca-13b', 'alpaca-lora-7b', 'self-instruct', 'demo', 'korean', 'smollm2-135m'],
];

const SHIPPED = fileURLToPath(new URL('../../../seeds/recipes/', import.meta.url));
const MOST_FILES = 8;

/**
 * Adds a recipe and those that it extends, the most general first. A recipe is a shipped one's name, or a file; paths
 * in a file are read as standing beside it.
 *
 * @throws UsageError for a file that cannot be read, and recipes that extend each other
 */
export async function addRecipe(layers: Layers, named: string): Promise<void> {
  const { readRecipeFile } = await import('./recipe-file.ts');
  const chain: RecipeFile[] = [];
  for (let next: string | null = pathOf(named, process.cwd()); next !== null; ) {
    const found = chain.find(({ path }) => path === next);
    if (found || chain.length === MOST_FILES)
      throw new UsageError(
        `The recipe ${named} extends ${found ? 'itself' : `more than ${MOST_FILES} files`}: ${[...chain.map(({ path }) => path), next].map(shown).join(' extends ')}.`,
      );
    const file: RecipeFile = await readRecipeFile(next);
    chain.push(file);
    next = baseOf(file);
  }
  for (const { path, fields, lines } of chain.reverse()) {
    const { extends: _, $schema: __, ...input } = fields;
    const lineOf = (field: string): number => {
      const parent = field.slice(0, Math.max(0, field.lastIndexOf('.')));
      return lines.get(field) ?? (parent === '' ? 1 : lineOf(parent));
    };
    const originOf = (field: string) => `${shown(path)}:${lineOf(field)}`;
    layers.add(besideFile(input, dirname(path), originOf), originOf);
  }
}

/** As a person would name it here. */
function shown(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

function baseOf({ path, fields, lines }: RecipeFile): string | null {
  if (fields.extends === undefined) return null;
  if (typeof fields.extends !== 'string')
    throw new UsageError(
      `${shown(path)}:${lines.get('extends') ?? 1}: extends is ${JSON.stringify(fields.extends)}: expected a recipe's name or a file.`,
    );
  refuseShorthand(fields.extends, () => `extends at ${shown(path)}:${lines.get('extends') ?? 1}`);
  return pathOf(fields.extends, dirname(path));
}

function pathOf(named: string, folder: string): string {
  if (RECIPES.includes(named)) return join(SHIPPED, `${named}.yaml`);
  if (extname(named) !== '' || named.includes('/')) return resolve(folder, named);
  throw new UsageError(
    `There is no recipe "${named}": this package has ${RECIPES.join(', ')}. A file of your own has a name such as ./${named}.yaml.`,
  );
}

/** The fields that may name a file or folder. */
const SOURCES = [
  ['sample', 'seedTasks'],
  ['sample', 'evaluationInstructions'],
  ['generate', 'from'],
  ['tokenize', 'model'],
  ['tokenize', 'template'],
  ['tokenize', 'heldOutData'],
  ['train', 'continueFrom'],
] as const;

/** @throws UsageError for `~/x` and `file:///x`, with what to write */
function besideFile(fields: Fields, folder: string, originOf: (field: string) => string): Fields {
  const input = structuredClone(fields);
  const beside = (source: unknown, field: string) => {
    if (typeof source !== 'string' || !isPath(source) || isOfHub(source)) return source;
    const path = resolve(folder, source);
    if (field === 'tokenize.model' && isModelName(source) && !existsSync(path)) return source;
    refuseShorthand(source, () => `${field} at ${originOf(field)}`);
    return path;
  };
  for (const [step, field] of SOURCES) {
    const settings = input[step];
    if (isObject(settings) && settings[field] !== undefined)
      settings[field] = beside(settings[field], `${step}.${field}`);
  }
  const { evaluate, filter } = input;
  if (isObject(filter) && isObject(filter.decontaminate) && Array.isArray(filter.decontaminate.files))
    filter.decontaminate.files = filter.decontaminate.files.map((file) =>
      beside(file, 'filter.decontaminate.files'),
    );
  if (isObject(filter) && isObject(filter.grade) && filter.grade.rubric !== undefined)
    filter.grade.rubric = beside(filter.grade.rubric, 'filter.grade.rubric');
  if (isObject(evaluate) && Array.isArray(evaluate.others))
    evaluate.others = evaluate.others.map((other) => beside(other, 'evaluate.others'));
  return input;
}

function refuseShorthand(named: string, where: () => string): void {
  const meant = pathInPlaceOf(named);
  if (meant !== null)
    throw new UsageError(
      `${where()} is "${named}", no path as it is read here: write ${meant} in its place.`,
    );
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Also of a name such as `__proto__`, which the contract then refuses. */
function define(fields: Fields, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

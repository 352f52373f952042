import { dirname } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { AlpacaError } from '../errors.ts';

/** A part of a data set: the files that are its rows, in order. */
export interface DataPart {
  /** null where the data set has no configurations */
  config: string | null;
  /** null where no name says of which split the files are */
  split: string | null;
  files: readonly string[];
}

/**
 * The parts of a data set: those that the front matter of its card declares (`configs`), else by the names of its files, as
 * the hub itself goes by: a word such as `train` says the split, and files whose names differ in digits alone are one part.
 *
 * @param paths of all files of the repository
 * @param card its README.md; null where there is none
 */
export function partsOf(paths: readonly string[], card: string | null): DataPart[] {
  const declared = card === null ? [] : configsIn(card).flatMap((config) => declaredParts(config, paths));
  return declared.length > 0 ? declared : namedParts(paths.filter(isData));
}

/**
 * The part that is meant: a configuration, a split, both (`CONFIG/SPLIT`), a folder or a file; without a name the only
 * one there is, or the split `train`, of the only or the `default` configuration.
 *
 * @param dataSet what messages call the data set
 * @throws AlpacaError InvalidInput where more than one may be meant, with their names; NotFound where none is
 */
export function choosePart(
  paths: readonly string[],
  card: string | null,
  named: string | null,
  dataSet: string,
): readonly string[] {
  const parts = partsOf(paths, card);
  if (named !== null && paths.includes(named)) return [requireRead(named, dataSet)];
  const meant = named === null ? parts : partsNamed(parts, named);
  const inFolder = paths.filter((path) => isData(path) && path.startsWith(`${named}/`));
  const [only, ...others] = preferred(meant.length > 0 ? meant : namedParts(inFolder));
  if (only === undefined) throw noSuch(parts, named, dataSet);
  if (others.length > 0) throw ambiguous([only, ...others], parts, dataSet);
  for (const file of only.files) requireRead(file, dataSet);
  return only.files;
}

// details -----------------------------------------------------------------------------------------------
const IS_DATA = /\.(parquet|jsonl?|csv|tsv)(\.gz)?$/i;
/** What the hub's libraries write beside data. */
const IS_ABOUT = /(^|\/)(dataset_infos?|dataset_dict|state)\.json$|(^|\/)\./;

const isData = (path: string) => IS_DATA.test(path) && !IS_ABOUT.test(path);

const IN_ORDER = new Intl.Collator('en', { numeric: true });

const patterns = z.union([z.string().transform((pattern) => [pattern]), z.array(z.string())]);
const configuration = z.object({
  config_name: z.string(),
  default: z.boolean().optional(),
  data_dir: z.string().optional(),
  data_files: z
    .union([
      patterns,
      z.array(z.object({ split: z.string(), path: patterns })),
      z.record(z.string(), patterns),
    ])
    .optional(),
});
type Configuration = z.infer<typeof configuration>;

/** What a card declares; what is not as the hub has it declares nothing. */
function configsIn(card: string): Configuration[] {
  const [, yaml = ''] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card) ?? [];
  try {
    const checked = z.object({ configs: z.array(configuration) }).safeParse(parse(yaml));
    return checked.success ? checked.data.configs : [];
  } catch {
    return [];
  }
}

function declaredParts(
  { config_name, default: isDefault, data_dir: folder, data_files: declared }: Configuration,
  paths: readonly string[],
): DataPart[] {
  const config = isDefault ? 'default' : config_name;
  const beneath = folder === undefined || folder === '.' ? '' : `${folder.replace(/^\.\/|\/$/g, '')}/`;
  if (declared === undefined) {
    const inside = paths.filter((path) => isData(path) && path.startsWith(beneath));
    return namedParts(inside).map((part) => ({ ...part, config }));
  }
  const bySplit: [string, readonly string[]][] = Array.isArray(declared)
    ? declared.every((each) => typeof each === 'string')
      ? [['train', declared]]
      : declared.map(({ split, path }): [string, readonly string[]] => [split, path])
    : Object.entries(declared);
  return bySplit
    .map(([split, globs]) => ({
      ...{ config, split },
      files: [...new Set(globs.flatMap((glob) => matching(paths, beneath + glob.replace(/^\.\//, ''))))],
    }))
    .filter(({ files }) => files.length > 0);
}

/** Characters: no path is as long. */
const LONGEST_GLOB = 1000;

/** In a glob `**` is any folders, `*` and `?` what has no slash in it, and `[ab]` one of some characters. */
function matching(paths: readonly string[], glob: string): string[] {
  if (paths.includes(glob)) return [glob];
  if (glob.length > LONGEST_GLOB) return [];
  const tokens = (glob.match(/\*\*\/|\*\*|\[!?[\w-]+\]|./gsu) ?? []).map(readToken);
  return paths.filter((path) => isMatch(path, tokens)).sort(IN_ORDER.compare);
}

/** A text stands for itself where it is no wildcard. */
type Token = string | RegExp;

function readToken(text: string): Token {
  if (text.length === 1 || !text.startsWith('[')) return text;
  try {
    return new RegExp(text.replace('[!', '[^'), 'u');
  } catch {
    // A range that runs backwards: nothing is in it.
    return /(?!)/u;
  }
}

/** Takes as long as the path times the glob, whoever wrote them: a card is a stranger’s. */
function isMatch(path: string, tokens: readonly Token[]): boolean {
  /** whether the tokens so far may end behind so many characters */
  let ends = [true];
  const characters = [...path];
  for (const token of tokens) {
    const next: boolean[] = [];
    let mayStretch = false;
    for (let at = 0; at <= characters.length; at += 1) {
      const before = characters[at - 1] ?? '';
      if (token === '*' && before === '/') mayStretch = false;
      const isEmpty = ends[at] ?? false;
      mayStretch ||= isEmpty;
      if (token === '*' || token === '**') next.push(mayStretch);
      else if (token === '**/') next.push(isEmpty || (mayStretch && before === '/'));
      else next.push((ends[at - 1] ?? false) && isOne(before, token));
    }
    if (!next.includes(true)) return false;
    ends = next;
  }
  return ends[characters.length] ?? false;
}

function isOne(character: string, token: Token): boolean {
  if (typeof token !== 'string') return token.test(character);
  return token === '?' ? character !== '/' : token === character;
}

/** The words by which files say their split; a file's own name goes before those of its folders. */
const WORDS = [
  ['train', /(?:^|[/._ -])train(?:ing)?(?:[/._ -]|\d|$)/i],
  ['validation', /(?:^|[/._ -])(?:validation|valid|dev|val)(?:[/._ -]|\d|$)/i],
  ['test', /(?:^|[/._ -])(?:test(?:ing)?|eval(?:uation)?)(?:[/._ -]|\d|$)/i],
] as const;

function namedParts(paths: readonly string[]): DataPart[] {
  const alike = Map.groupBy(paths, (path) => path.replaceAll(/\d+/g, '#'));
  return [...alike.values()].map((files) => {
    const [first = ''] = files;
    const name = first.slice(dirname(first).length);
    const [split = null] = [name, first].flatMap(
      (text) => WORDS.find(([, says]) => says.test(text))?.[0] ?? [],
    );
    return { config: null, split, files: files.toSorted(IN_ORDER.compare) };
  });
}

function partsNamed(parts: readonly DataPart[], named: string): DataPart[] {
  const exact = parts.filter(({ config, split }) => `${config}/${split}` === named);
  if (exact.length > 0) return exact;
  const ofConfig = parts.filter(({ config }) => config === named);
  if (ofConfig.length > 0) return ofConfig;
  const ofSplit = parts.filter(({ split }) => split === named);
  const ofDefault = ofSplit.filter(({ config }) => config === 'default');
  return ofDefault.length > 0 ? ofDefault : ofSplit;
}

/** Of several: those of the default configuration; of these the split `train`. */
function preferred(parts: readonly DataPart[]): readonly DataPart[] {
  const ofDefault = parts.filter(({ config }) => config === 'default');
  const among = ofDefault.length > 0 ? ofDefault : parts;
  if (new Set(among.map(({ config }) => config)).size > 1) return among;
  const training = among.filter(({ split }) => split === 'train');
  return training.length > 0 ? training : among;
}

function requireRead(path: string, dataSet: string): string {
  if (isData(path)) return path;
  throw new AlpacaError(
    'InvalidInput',
    `${dataSet} has its rows in ${path}, which is of no form that is read.`,
    {
      remedy: `Read are Parquet, JSON, JSONL, CSV and TSV. The hub makes Parquet of most data sets: hf:${dataSet}@refs/convert/parquet.`,
    },
  );
}

/** By what a person names a part. */
function nameOf(part: DataPart, parts: readonly DataPart[]): string {
  const { config, split, files } = part;
  const [first = ''] = files;
  if (config !== null) return `${config}/${split ?? first}`;
  if (split !== null && parts.filter((other) => other.split === split).length === 1) return split;
  return files.length === 1 ? first : dirname(first);
}

const MOST_NAMES = 20;

function listOf(parts: readonly DataPart[], all: readonly DataPart[]): string {
  const names = [...new Set(parts.map((part) => nameOf(part, all)))];
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : '';
  return `${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

function ambiguous(meant: readonly DataPart[], all: readonly DataPart[], dataSet: string): AlpacaError {
  const [first] = meant;
  return new AlpacaError(
    'InvalidInput',
    `${dataSet} has ${meant.length} parts that may be meant: ${listOf(meant, all)}.`,
    { remedy: `Name one: hf:${dataSet}#${first ? nameOf(first, all) : ''}, or a file.` },
  );
}

function noSuch(parts: readonly DataPart[], named: string | null, dataSet: string): AlpacaError {
  if (parts.length === 0)
    return new AlpacaError('NotFound', `${dataSet} has no files of rows that are read.`, {
      remedy: `Read are Parquet, JSON, JSONL, CSV and TSV. The hub makes Parquet of most data sets: hf:${dataSet}@refs/convert/parquet.`,
    });
  return new AlpacaError('NotFound', `${dataSet} has no part ${named}; it has ${listOf(parts, parts)}.`, {
    remedy: 'Name one of these, a folder or a file.',
  });
}

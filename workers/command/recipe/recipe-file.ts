import { extname } from 'node:path';
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { textOf } from '../../../activities/artifacts/formats/utf8.ts';
import { readGiven } from '../../../activities/artifacts/given.ts';
import { UsageError } from '../outcome.ts';
import { existing } from '../place.ts';

/** A recipe as it is written: a run's input, or a part of one, with the lines on which its fields stand. */
export interface RecipeFile {
  path: string;
  fields: Record<string, unknown>;
  /** the line of a field, from 1, by its path (`train.epochs`); those of a list's elements are the list's */
  lines: ReadonlyMap<string, number>;
}

/** A workflow's input has two megabytes at the most. */
const MOST_BYTES = 2 ** 21;

/**
 * Reads YAML (1.2), in UTF-8 or UTF-16, or, where the name ends in `.json` or `.jsonc`, JSON with comments.
 *
 * @throws UsageError naming file and line where it is neither, has a field twice, a tag that gives no plain
 *   value or an alias within what it stands for, or is no object
 */
export async function readRecipeFile(path: string): Promise<RecipeFile> {
  const text = await existing(path)
    .then((there) => readGiven(there, { most: MOST_BYTES }))
    .then((bytes) => textOf(bytes, 'it'))
    .catch((error: Error) => {
      throw new UsageError(`The recipe ${path} cannot be read: ${error.message}`);
    });
  const isJson = ['.json', '.jsonc'].includes(extname(path));
  try {
    return { path, ...(isJson ? fromJson : fromYaml)(text, path) };
  } catch (error) {
    // Both libraries call themselves for each level.
    if (error instanceof RangeError) throw unreadable(path, 'it is nested too deeply');
    throw error;
  }
}

type Read = Omit<RecipeFile, 'path'>;

function fromYaml(text: string, path: string): Read {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [wrong] = document.errors;
  if (wrong?.message.includes('call stack')) throw new RangeError(wrong.message);
  const lineAt = (offset: number) => `${path}:${lineCounter.linePos(offset).line}`;
  if (wrong?.code === 'MULTIPLE_DOCS')
    throw unreadable(lineAt(wrong.pos[0]), 'a second document begins there, and a recipe is one');
  if (wrong) throw unreadable(lineAt(wrong.pos[0]), wrong.message);
  const [tagged] = document.warnings;
  if (tagged) throw unreadable(lineAt(tagged.pos[0]), tagged.message);
  if (document.contents === null) return { fields: {}, lines: new Map() };
  if (!isMap(document.contents)) throw noObject(path);
  refuseUnplain(document, lineAt);
  const lines = new Map<string, number>();
  const note = (node: unknown, within: string) => {
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const field = within === '' ? name : `${within}.${name}`;
      if (isScalar(key) && key.range) lines.set(field, lineCounter.linePos(key.range[0]).line);
      note(value, field);
    }
  };
  note(document.contents, '');
  try {
    return { fields: Object(document.toJS()), lines };
  } catch (error) {
    // Aliases of aliases stand for a value of any size.
    if (error instanceof ReferenceError) throw unreadable(path, error.message);
    throw error;
  }
}

/** Refuses an alias that stands in what it stands for, and tags of which Map, Set, Date and bytes are made. */
function refuseUnplain(document: Document, lineAt: (offset: number) => string): void {
  visit(document, {
    Node(_, node, above) {
      const at = lineAt(node.range?.[0] ?? 0);
      if (isAlias(node)) {
        const { source } = node;
        if (above.some((around) => isCollection(around) && around.anchor === source))
          throw unreadable(at, `*${source} stands within &${source}, so it has no end`);
      } else if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag))
        throw unreadable(at, `a recipe has no values of ${node.tag.replace('tag:yaml.org,2002:', '!!')}`);
    },
  });
}

const PLAIN_TAGS: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
);

function fromJson(text: string, path: string): Read {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const [wrong] = errors;
  if (wrong) throw unreadable(`${path}:${lineAt(wrong.offset)}`, printParseErrorCode(wrong.error));
  if (root?.type !== 'object') throw noObject(path);
  const lines = new Map<string, number>();
  const note = ({ type, children = [] }: Node, within: string) => {
    if (type !== 'object') return;
    for (const { children: [key, value] = [] } of children) {
      if (!key || !value) continue;
      const field = within === '' ? String(key.value) : `${within}.${String(key.value)}`;
      const line = lineAt(key.offset);
      if (lines.has(field)) throw unreadable(`${path}:${line}`, `${field} stands there for the second time`);
      lines.set(field, line);
      note(value, field);
    }
  };
  note(root, '');
  return { fields: Object(getNodeValue(root)), lines };
}

function unreadable(where: string, why: string): UsageError {
  return new UsageError(`The recipe cannot be read at ${where}: ${why.replace(/\.$/, '')}.`);
}

function noObject(path: string): UsageError {
  return new UsageError(`The recipe ${path} must be one object, such as "generate: {target: 200}".`);
}

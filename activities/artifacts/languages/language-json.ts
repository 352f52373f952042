import { readFileSync } from 'node:fs';
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { z } from 'zod';
import { describeIssue, withProblems } from '../../../workflows/decisions/issue-text.ts';
import { AlpacaError } from '../../errors.ts';
import { textOf } from '../formats/utf8.ts';

/**
 * Reads a file of a language's folder: JSON, with comments where one likes.
 *
 * @throws AlpacaError InvalidInput naming the file where it is missing, else file, line, field and what is wrong
 */
export function readLanguageJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  const text = readLanguageText(path);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const [wrong] = errors;
  if (wrong) throw unusable(`${path}:${lineAt(wrong.offset)}`, printParseErrorCode(wrong.error));
  if (!root) throw unusable(path, 'it is empty');
  const raw: unknown = getNodeValue(root);
  const checked = schema.safeParse(raw);
  if (checked.success) return checked.data;
  const issues = checked.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    const line = lineAt(nodeAt(root, [...issue.path, ...unknown]).offset);
    return `${path}:${line}: ${describeIssue(issue, raw, 'the file')}`;
  });
  throw new AlpacaError('InvalidInput', withProblems('A language cannot be used', issues), {
    remedy: 'docs/languages.md says what each file holds.',
  });
}

/** @throws AlpacaError InvalidInput naming the file where it is missing, empty or no text */
export function readLanguageText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unusable(path, `it cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const text = textOf(bytes, path);
  if (text.trim() === '') throw unusable(path, 'it is empty');
  return text;
}

/** What stands at a path, or what it would stand in. */
function nodeAt(root: Node, path: readonly PropertyKey[]): Node {
  let at = root;
  for (const name of path) {
    const next =
      at.type === 'array'
        ? at.children?.[Number(name)]
        : at.children?.find(({ children }) => children?.[0]?.value === name)?.children?.[1];
    if (!next) break;
    at = next;
  }
  return at;
}

function unusable(where: string, why: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${where}: a language needs this file, and ${why}.`, {
    remedy: 'docs/languages.md says what each file holds.',
  });
}

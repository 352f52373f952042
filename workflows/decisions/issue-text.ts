import type { z } from 'zod';

/**
 * One problem of a value that a schema refused, as a person reads it: the path, the value and what was
 * expected. `generate.target is "many": expected a whole number`. Inputs, options and rows are worded alike.
 *
 * @param whole what the value is called where the problem is not in a field of it
 */
export function describeIssue(issue: z.core.$ZodIssue, raw: unknown, whole = 'the input'): string {
  return shorten(describe(issue, raw, whole), LONGEST_PROBLEM);
}

/** Characters: what is wrong with a value may be its megabyte of a name. */
const LONGEST_PROBLEM = 500;
const MOST_NAMES = 8;

function describe(issue: z.core.$ZodIssue, raw: unknown, whole: string): string {
  const path = issue.path.length === 0 ? whole : issue.path.map((part) => shorten(String(part))).join('.');
  if (issue.code === 'unrecognized_keys') return `${path} has no field ${named(issue.keys)}`;
  const value = valueAt(raw, issue.path);
  if (issue.code === 'invalid_union') {
    const [inner] = problemsInside(issue);
    if (inner) return describe({ ...inner, path: [...issue.path, ...inner.path] }, raw, whole);
  }
  if (issue.code === 'invalid_key' && issue.issues[0])
    return `the name "${shorten(String(issue.path.at(-1)))}" is wrong: ${expectation(issue.issues[0])}`;
  // JSON has no Infinity, which YAML writes .inf.
  if (typeof value === 'number' && !Number.isFinite(value))
    return `${path} is ${value}: expected a finite number`;
  return `${path} is ${shorten(JSON.stringify(value) ?? 'missing')}: ${expectation(issue)}`;
}

const MOST_LINES = 10;

/** What is wrong, and each problem by itself: `The input is wrong: target is "x": expected a number.` or lines of them. */
export function withProblems(what: string, problems: readonly string[]): string {
  if (problems.length === 1) return `${what}: ${problems[0]}.`;
  const more = problems.length - MOST_LINES;
  const lines = [...problems.slice(0, MOST_LINES), ...(more > 0 ? [`and ${more} more`] : [])];
  return `${what}:\n${lines.join('\n')}`;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `expected ${amount(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin)}`;
    case 'too_big':
      return `expected ${amount(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin)}`;
    case 'invalid_union':
      return `expected ${issue.errors
        .flatMap(([first]) => (first ? [expectation(first).replace(/^expected /, '')] : []))
        .join(' or ')}`;
    case 'invalid_format':
      if (issue.message.startsWith('expected ')) return issue.message;
      if (issue.format === 'url') return 'expected a URL';
      return issue.pattern === undefined
        ? `expected a text of the form ${issue.format}`
        : `expected a text that matches ${issue.pattern}`;
    default:
      return issue.message;
  }
}

const KINDS: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

function amount(bound: string, size: number | bigint, origin: string): string {
  const one = Number(size) === 1;
  if (origin === 'string') return `${bound} ${size} character${one ? '' : 's'}`;
  if (origin === 'array') return `${bound} ${size} element${one ? '' : 's'}`;
  return `${bound} ${size}`;
}

/** The problems of the form that the value has the kind of and comes nearest to, where only fields of it are wrong. */
function problemsInside({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  const ofItsKind = errors.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code !== 'invalid_type'),
  );
  return ofItsKind.sort((a, b) => countOf(a) - countOf(b))[0] ?? [];
}

function countOf(issues: readonly z.core.$ZodIssue[]): number {
  const counts = issues.map((issue) =>
    issue.code === 'invalid_union' ? Math.max(1, countOf(problemsInside(issue))) : 1,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = raw;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

function named(keys: readonly string[]): string {
  const first = keys.slice(0, MOST_NAMES).map((key) => `"${shorten(key)}"`);
  const more = keys.length - first.length;
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}

function shorten(text: string, most = 80): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}

import type { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { describeIssue, withProblems } from '../../workflows/decisions/issue-text.ts';
import { inputFits } from '../../workflows/decisions/start/resolve-start.ts';
import { saidInVain } from '../../workflows/decisions/start/said-in-vain.ts';

/** What is wrong with one field. */
export interface FieldProblem {
  /** names of fields and places in lists, from the outside in; none where it is the whole */
  path: (string | number)[];
  problem: string;
}

/** What was asked for has wrong fields. */
export class WrongFields extends AlpacaError {
  readonly fields: readonly FieldProblem[];

  constructor(whole: string, fields: readonly FieldProblem[]) {
    super(
      'InvalidInput',
      withProblems(
        `${whole} is wrong`,
        fields.map(({ problem }) => problem),
      ),
    );
    this.fields = fields;
  }
}

const MOST_PROBLEMS = 20;

/** @throws WrongFields */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  whole: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const named = whole.replace(/^T/, 't');
  throw new WrongFields(
    whole,
    result.error.issues.slice(0, MOST_PROBLEMS).map((issue) => ({
      path: pathOf(issue),
      problem: describeIssue(issue, value, named),
    })),
  );
}

/**
 * An input as its workflow checks it: what would end a run at its beginning starts none.
 *
 * @throws WrongFields; AlpacaError InvalidInput where it is large
 */
export function checkedInput<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  if (!inputFits(given))
    throw new AlpacaError('InvalidInput', 'The input is large: expected at most 512 KiB of JSON.', {
      remedy: 'Put rows in files of the store.',
    });
  const input = checked(schema, given, 'The input');
  const inVain = saidInVain(given);
  if (inVain.length === 0) return input;
  throw new WrongFields(
    'The input',
    inVain.map((problem) => ({ path: problem.split(' ', 1).flatMap((path) => path.split('.')), problem })),
  );
}

/** An unknown field is named itself, and not what it is in. */
function pathOf(issue: z.core.$ZodIssue): (string | number)[] {
  const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  return unknown === undefined ? path : [...path, unknown];
}

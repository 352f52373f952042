import { z } from 'zod';
import { describeIssue } from '../../../workflows/decisions/issue-text.ts';
import { Refused } from '../openai-errors.ts';

/** A whole number as a query, or a form, has it: as text. */
export function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

/**
 * What a request says, as a schema has it.
 *
 * @throws Refused naming the first field that is wrong, or that there is none of
 */
export function checkedFields<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Refused(400, 'The request is wrong.');
  const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...issue.path, ...(unknown === undefined ? [] : [unknown])].map(String).join('.');
  throw new Refused(400, `${describeIssue(issue, given, 'the request')}.`, {
    param: path === '' ? null : path,
    code: unknown === undefined ? 'invalid_value' : 'unknown_parameter',
  });
}

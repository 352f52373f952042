import type { z } from 'zod';
import { describeIssue } from './decisions/issue-text.ts';
import { failed } from './failed.ts';

/**
 * Checks a workflow's input. A wrong or unknown field fails the workflow at once, naming the path, the
 * value and what was expected.
 */
export function parseInput<Schema extends z.ZodType>(
  workflow: string,
  schema: Schema,
  raw: unknown,
): z.output<Schema> {
  const checked = schema.safeParse(raw ?? {});
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map((issue) => describeIssue(issue, raw ?? {}));
  throw failed('InvalidInput', `The input of ${workflow} is wrong: ${problems.join('; ')}.`, { problems });
}

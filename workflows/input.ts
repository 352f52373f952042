import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';

/**
 * Checks a workflow's input. A wrong or unknown field fails the workflow at once, naming the path, the
 * value and what was expected. A plain Error here would retry the workflow task for ever.
 */
export function parseInput<Schema extends z.ZodType>(
  workflow: string,
  schema: Schema,
  raw: unknown,
): z.output<Schema> {
  const checked = schema.safeParse(raw ?? {});
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map((issue) => describeIssue(issue, raw ?? {}));
  throw ApplicationFailure.nonRetryable(
    `The input of ${workflow} is wrong: ${problems.join('; ')}.`,
    'InvalidInput',
    { problems },
  );
}

/** One problem as a person reads it: `generate.target is "many": expected number`. */
export function describeIssue(issue: z.core.$ZodIssue, raw: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const place = issue.path.length === 0 ? 'the input' : issue.path.join('.');
    return `${place} has no field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  }
  let value: unknown = raw;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const path = issue.path.length === 0 ? 'the input' : issue.path.join('.');
  return `${path} is ${shorten(JSON.stringify(value) ?? 'missing')}: ${issue.message.replace(/^Invalid input: /, '')}`;
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

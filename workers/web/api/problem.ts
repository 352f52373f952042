import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Explained } from '../../runs/explain.ts';

/** What went wrong, as RFC 9457 has it. */
export const PROBLEM_TYPE = 'application/problem+json';

export const problem = z.strictObject({
  type: z.string().describe('`about:blank`, or urn:alpaca:failure:CODE with a code of docs/failures.md'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z
    .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe('What is wrong with single fields, each by its JSON pointer'),
});

export function problemOf({ status, message, code, fields }: Explained): z.infer<typeof problem> {
  return {
    type: code === null ? 'about:blank' : `urn:alpaca:failure:${code}`,
    title: STATUS_CODES[status] ?? 'Failure',
    status,
    detail: message,
    ...(fields.length === 0
      ? {}
      : {
          errors: fields.map(({ path, problem: detail }) => ({ pointer: pointerOf(path), detail })),
        }),
  };
}

/** RFC 6901. */
function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

import type { z } from 'zod';

/**
 * Reads what another version of this program may have written: fields that the schema does not know are left
 * out, wherever they are, and what is missing has its default. Anything else that is wrong stays wrong.
 */
export function readLeniently<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  for (let value = raw; ; ) {
    const checked = schema.safeParse(value);
    const unknown = checked.error?.issues.flatMap((issue) => unknownFields(issue)) ?? [];
    if (unknown.length === 0) return checked;
    value = without(value, unknown);
  }
}

interface UnknownFields {
  path: PropertyKey[];
  keys: string[];
}

function unknownFields(issue: z.core.$ZodIssue, above: PropertyKey[] = []): UnknownFields[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return [{ path, keys: issue.keys }];
  if (issue.code !== 'invalid_union') return [];
  // The form that would fit without them.
  for (const issues of issue.errors) {
    const unknown = issues.map((inner) => unknownFields(inner, path));
    if (unknown.length > 0 && unknown.every((fields) => fields.length > 0)) return unknown.flat();
  }
  return [];
}

/** @param value as JSON has it */
function without(value: unknown, unknown: readonly UnknownFields[]): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  for (const { path, keys } of unknown) {
    let place = copy as Record<PropertyKey, unknown>;
    for (const key of path) place = place[key] as Record<PropertyKey, unknown>;
    for (const key of keys) delete place[key];
  }
  return copy;
}

import { type Command, Option } from 'commander';
import { z } from 'zod';
import { describeIssue, withProblems } from '../../workflows/decisions/issue-text.ts';
import { saidInVain } from '../../workflows/decisions/start/said-in-vain.ts';
import { UsageError } from './outcome.ts';

/** Command-line options made from the same zod schemas as the workflows' inputs. */

interface Property {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  anyOf?: Property[];
  properties?: Record<string, Property>;
}

/** Adds `--kebab-case` for each named field of a schema; the help text is the field's description. */
export function addSchemaOptions(command: Command, schema: z.ZodObject, fields: readonly string[]): Command {
  const properties = propertiesOf(schema);
  for (const field of fields) {
    const property = properties[field];
    if (!property) throw new Error(`the schema has no field ${field}`);
    const isFlag = typesOf(property).includes('boolean');
    const described = asOptions(describe(property), properties);
    // What goes with another option stands together, under its name.
    const [, group, alone] = /^(With [^:]+:) (.+)$/s.exec(described) ?? [];
    const option = new Option(
      `--${kebab(field)}${isFlag ? '' : ` <${placeholder(property)}>`}`,
      alone ?? described,
    );
    if (group !== undefined) option.helpGroup(group);
    if (property.enum) option.choices(property.enum.map(String));
    if (typesOf(property).includes('array')) option.argParser(joined);
    command.addOption(option);
  }
  return command;
}

/** The values of the options that were given, as the schema's types; the schema checks them later. */
export function schemaValues(
  given: Record<string, unknown>,
  schema: z.ZodObject,
  fields: readonly string[],
): Record<string, unknown> {
  const properties = propertiesOf(schema);
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = given[field];
    if (value === undefined) continue;
    values[field] = typeof value === 'string' ? convert(value, properties[field] ?? {}) : value;
  }
  return values;
}

/**
 * Parses with a schema.
 *
 * @param originOf where the value at a path was said, for the message; absent where all is a command's own options
 * @throws UsageError that tells every wrong field by its path, what was found and what was expected
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  originOf?: (path: readonly PropertyKey[]) => string | null,
): z.infer<Schema> {
  const checked = schema.safeParse(value);
  const inVain = saidInVain(value, { isTyped: originOf === undefined });
  if (checked.success && inVain.length > 0) throw new UsageError(withProblems(`Wrong ${where}`, inVain));
  if (checked.success) return checked.data;
  const problemOf = (issue: z.core.$ZodIssue, path: readonly PropertyKey[], hint = '') => {
    const origin = originOf?.(path) ?? null;
    return `${describeIssue(issue, value)}${hint}${origin === null ? '' : ` (${origin})`}`;
  };
  const problems = checked.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return problemOf(issue, issue.path);
    // Each of them stands on a line of its own.
    return issue.keys.map((key) => {
      const elsewhere = pathsTo(key, schema).join(' or ');
      const hint = elsewhere === '' ? '' : `; there is ${elsewhere}`;
      return problemOf({ ...issue, keys: [key] }, [...issue.path, key], hint);
    });
  });
  throw new UsageError(withProblems(`Wrong ${where}`, problems));
}

const MOST_HINTS = 3;

/** Where a schema has a field of that name: `generate.teacher`. */
function pathsTo(name: string, schema: z.ZodType): string[] {
  const found: string[] = [];
  const search = ({ properties = {}, anyOf = [] }: Property, within: string) => {
    for (const [field, property] of Object.entries(properties)) {
      if (field === name) found.push(`${within}${field}`);
      search(property, `${within}${field}.`);
    }
    for (const form of anyOf) search(form, within);
  };
  search(z.toJSONSchema(schema, { io: 'input' }) as Property, '');
  return [...new Set(found)].slice(0, MOST_HINTS);
}

function propertiesOf(schema: z.ZodObject): Record<string, Property> {
  const json = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, Property> };
  return json.properties ?? {};
}

function typesOf(property: Property): string[] {
  return [property, ...(property.anyOf ?? [])].flatMap(({ type = [] }) => type);
}

/** A list may be given in one or by several of the option. */
function joined(value: string, before: string | undefined): string {
  return before === undefined ? value : `${before},${value}`;
}

function placeholder(property: Property): string {
  const types = typesOf(property);
  if (types.includes('integer')) return 'n';
  if (types.includes('number')) return 'number';
  if (hasShares(types)) return 'name=number,...';
  return property.enum ? 'choice' : 'text';
}

/** The names of fields as those of options. */
function asOptions(text: string, fields: Readonly<Record<string, unknown>>): string {
  return text.replace(/`(\w+)`|\b[a-z]+[A-Z]\w*\b/g, (word, inner = word) =>
    Object.hasOwn(fields, inner) ? `--${kebab(inner)}` : word,
  );
}

function describe({ description = '', default: value }: Property): string {
  if (value === undefined || value === null) return description;
  return `${description}${description ? ' ' : ''}(default: ${JSON.stringify(value)})`;
}

function convert(text: string, property: Property): unknown {
  const types = typesOf(property);
  if (text === 'null' && types.includes('null')) return null;
  if (hasShares(types)) return sharesIn(text) ?? text;
  if (types.includes('array')) return text.split(',').map((item) => item.trim());
  const isNumber = types.includes('integer') || types.includes('number');
  if (isNumber && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** What is a text or an object, as a source of data is, is a text here. */
function hasShares(types: readonly string[]): boolean {
  return types.includes('object') && !types.includes('string');
}

/** `en=0.8,ko=0.2`; null where that is not its form, or a name stands twice. */
function sharesIn(text: string): Record<string, unknown> | null {
  const parts = text.split(',').map((part) => part.split('=').map((side) => side.trim()));
  const names = new Set(parts.map(([name]) => name));
  if (names.size < parts.length || parts.some((part) => part.length !== 2)) return null;
  return Object.fromEntries(parts.map(([name, value = '']) => [name, convert(value, { type: 'number' })]));
}

export function kebab(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

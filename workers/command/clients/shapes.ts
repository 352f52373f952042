import { z } from 'zod';
import { artifactReference } from '../../../workflows/contracts/data.ts';
import { estimated } from '../../../workflows/contracts/progress.ts';
import { jsonSchemaOf } from '../../../workflows/schemas.ts';

/** What the contracts of a run are made of, named, as languages with declared types want it. */

export type Shape =
  | { kind: 'text' | 'whole' | 'number' | 'flag' }
  | { kind: 'choice'; values: string[] }
  | { kind: 'list' | 'map'; of: Shape }
  | { kind: 'record'; name: string }
  | { kind: 'either'; of: Shape[] };

export interface Field {
  name: string;
  shape: Shape;
  nullable: boolean;
  /** false: what is left out has its default */
  required: boolean;
  /** one line; empty where the contract says nothing */
  what: string;
}

export interface RecordShape {
  name: string;
  fields: Field[];
  /** true in what a caller sends: a field that is none of these is refused */
  isSent: boolean;
}

type Schema = z.core.JSONSchema.BaseSchema;

/** The contracts that clients are made of, by the names of their files in `schemas/`. */
const ROOTS = {
  'alpaca.input': 'AlpacaInput',
  'alpaca.result': 'AlpacaResult',
  progress: 'Progress',
  'control-state': 'ControlState',
} as const;

/** What stands in many places, and is one thing. */
const SHARED = { ArtifactReference: artifactReference, Estimated: estimated };

/** Every record of the contracts, each behind those that it is made of. Two of the same fields are one, by its first name. */
export function recordsOfContracts(): RecordShape[] {
  const records = new Records();
  for (const [name, schema] of Object.entries(SHARED)) records.shapeOf(z.toJSONSchema(schema), name, false);
  for (const [file, name] of Object.entries(ROOTS)) {
    const { schema } = withoutNull(schemaIn(jsonSchemaOf(file)));
    records.shapeOf(schema, name, file.endsWith('.input'));
  }
  return records.all;
}

class Records {
  readonly all: RecordShape[] = [];
  /** the names of records by their fields */
  private readonly names = new Map<string, string>();

  shapeOf(schema: Schema, name: string, isSent: boolean): Shape {
    const { type, enum: values, anyOf, items, prefixItems, properties, additionalProperties } = schema;
    if (anyOf) return { kind: 'either', of: anyOf.map((each) => this.shapeOf(each, name, isSent)) };
    if (values) return { kind: 'choice', values: values.map(String) };
    if (type === 'array') {
      const [first] = prefixItems ?? (Array.isArray(items) ? items : [items]);
      return { kind: 'list', of: this.shapeOf(schemaIn(first), singular(name), isSent) };
    }
    if (properties) return this.record(schema, name, isSent);
    if (type === 'object')
      return { kind: 'map', of: this.shapeOf(schemaIn(additionalProperties), name, isSent) };
    const kind = SCALARS[String(type)];
    if (kind === undefined)
      throw new Error(`${name} has a type that no client has a word for: ${JSON.stringify(schema)}`);
    return { kind };
  }

  private record({ properties = {}, required = [] }: Schema, name: string, isSent: boolean): Shape {
    const fields = Object.entries(properties).map(([key, given]) => {
      const whole = schemaIn(given);
      const { schema, nullable } = withoutNull(whole);
      const what = whole.description ?? schema.description ?? '';
      const shape = this.shapeOf(schema, nameOf(name, key), isSent);
      return { name: key, shape, nullable, required: required.includes(key), what };
    });
    const key = JSON.stringify([fields.map(({ what: _, ...field }) => field)]);
    const known = this.names.get(key);
    if (known !== undefined) return { kind: 'record', name: known };
    this.names.set(key, name);
    this.all.push({ name, fields, isSent });
    return { kind: 'record', name };
  }
}

const SCALARS: Readonly<Record<string, 'text' | 'whole' | 'number' | 'flag'>> = {
  string: 'text',
  integer: 'whole',
  number: 'number',
  boolean: 'flag',
};

function schemaIn(given: unknown): Schema {
  if (typeof given !== 'object' || given === null)
    throw new Error('A schema that says nothing of its values.');
  return given as Schema;
}

function withoutNull(schema: Schema): { schema: Schema; nullable: boolean } {
  const { type, anyOf } = schema;
  if (Array.isArray(type)) {
    const [only = 'null'] = type.filter((each) => each !== 'null');
    return { schema: { ...schema, type: only }, nullable: type.includes('null') };
  }
  const others = anyOf?.filter((each) => each.type !== 'null');
  if (others === undefined || others.length === anyOf?.length) return { schema, nullable: false };
  const [only] = others;
  return { schema: others.length === 1 && only ? only : { anyOf: others }, nullable: true };
}

/** A step's settings and result are called so; what is in them begins with their name. */
function nameOf(record: string, field: string): string {
  const pascal = pascalCase(field);
  if (record === 'AlpacaInput') return `${pascal}Settings`;
  return record === 'AlpacaResult' ? `${pascal}Result` : record + pascal;
}

/** `heldOutRows` as `HeldOutRows`. */
export function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function singular(name: string): string {
  return name.replace(/ies$/, 'y').replace(/([^s])s$/, '$1');
}

/** Which words a field takes, where it takes no others; else nothing. */
export function choicesOf(shape: Shape): string {
  if (shape.kind === 'list' || shape.kind === 'map') return choicesOf(shape.of);
  return shape.kind === 'choice' ? `one of ${shape.values.join(', ')}` : '';
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CONTRACTS } from '../../../workflows/schemas.ts';
import { API, EVENT_STREAM, IDEMPOTENCY_KEY, idempotencyKey, type Operation } from './operation.ts';
import { OPERATIONS, runDetails } from './operations.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

export const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')));

const COMPONENTS = '#/components/schemas/';

/** The API as OpenAPI 3.1, made of its operations and of the contracts: the schemas that requests are checked by. */
export function openApi(): Record<string, unknown> {
  const components = new Map<z.ZodType, string>([
    ...Object.entries(CONTRACTS)
      .filter(([name]) => !name.startsWith('rater.'))
      .map(([name, schema]): [z.ZodType, string] => [schema, name]),
    [problem, 'problem'],
    [runDetails, 'run'],
  ]);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS)
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(operation, components),
    };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Alpaca on Temporal',
      version,
      description:
        'Starts runs, follows and steers them, and gives what they made. Roles of tokens: read, run, spend, admin.',
    },
    servers: [{ url: API }],
    security: [{ token: [] }, { password: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        password: { type: 'http', scheme: 'basic' },
      },
      schemas: schemasOf(components),
    },
  };
}

type Names = ReadonlyMap<z.ZodType, string>;

function describe(operation: Operation, names: Names): Record<string, unknown> {
  const { id, summary, role, params, query, body, isIdempotent } = operation;
  const key = {
    ...{ name: IDEMPOTENCY_KEY, in: 'header', required: false, schema: inputSchema(idempotencyKey, names) },
    description:
      'The same key with the same body has it done once. With another body a start is refused, and an update is another one.',
  };
  const parameters = [
    ...parametersOf(params, 'path'),
    ...parametersOf(query, 'query'),
    ...(isIdempotent ? [key] : []),
  ];
  return {
    operationId: id,
    summary,
    'x-role': role,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === null ? {} : { requestBody: { required: false, content: jsonOf(inputSchema(body, names)) } }),
    responses: responsesOf(operation, names),
  };
}

function parametersOf(schema: z.ZodObject, place: 'path' | 'query') {
  return Object.entries(schema.shape).map(([name, field]) => ({
    ...{ name, in: place, required: place === 'path' },
    schema: inputSchema(field, new Map()),
  }));
}

function responsesOf({ answer }: Operation, names: Names): Record<string, unknown> {
  const problems = { $ref: `${COMPONENTS}problem` };
  return {
    [answer.status]: {
      description: answer.what,
      content: contentOf(answer, names),
    },
    ...Object.fromEntries(
      Object.entries(answer.others ?? {}).map(([status, { what, type }]) => [
        status,
        { description: what, ...(type === undefined ? {} : { content: { [type]: {} } }) },
      ]),
    ),
    default: { description: 'A problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problems } } },
  };
}

/** OpenAPI 3.1 has no words for events: what each has as its data stands beside the stream's schema. */
function contentOf({ schema, type = '*/*' }: Operation['answer'], names: Names): Record<string, unknown> {
  if (schema === null) return { [type]: {} };
  const answered = schemaOf(schema, names, 'output');
  if (type !== EVENT_STREAM) return jsonOf(answered);
  return { [type]: { schema: { type: 'string' }, 'x-event-data': answered } };
}

function jsonOf(schema: unknown): Record<string, unknown> {
  return { 'application/json': { schema } };
}

function inputSchema(schema: unknown, names: Names): unknown {
  return schemaOf(schema as z.ZodType, names, 'input');
}

/** A contract by its name, anything else as it is. */
function schemaOf(schema: z.ZodType, names: Names, io: 'input' | 'output'): unknown {
  const name = names.get(schema);
  if (name !== undefined) return { $ref: COMPONENTS + name };
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io });
  return made;
}

/** All of them, each referring to the others that are parts of it. */
function schemasOf(names: Names): Record<string, unknown> {
  const ofInput = ([, name]: [z.ZodType, string]) => name.endsWith('.input');
  return {
    ...schemasAs('input', [...names].filter(ofInput)),
    ...schemasAs(
      'output',
      [...names].filter((entry) => !ofInput(entry)),
    ),
  };
}

function schemasAs(io: 'input' | 'output', entries: [z.ZodType, string][]): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of entries) registry.add(schema, { id });
  const shared = `${io}-part-`;
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => COMPONENTS + id });
  // What several of them have as a part without a name is beneath `__shared`.
  const { __shared: parts, ...named } = schemas;
  const text = JSON.stringify({
    ...named,
    ...Object.fromEntries(Object.entries(parts?.$defs ?? {}).map(([name, part]) => [shared + name, part])),
  }).replaceAll(`${COMPONENTS}__shared#/$defs/`, COMPONENTS + shared);
  const made = z.record(z.string(), z.looseObject({})).parse(JSON.parse(text));
  return Object.fromEntries(
    Object.entries(made).map(([name, { $id: _, $schema: __, ...schema }]) => [name, schema]),
  );
}

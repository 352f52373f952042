import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { AlpacaError } from '../../../activities/errors.ts';
import { STARTS } from '../../../workflows/decisions/start/starts.ts';
import { STARTABLE, type Startable } from '../../runs/startable.ts';
import { type Agent, addTool, READS } from './tools.ts';

/** A tool that says what an input may have: all of it in every list of tools would fill a model's context. */
export function addSettingsTool(server: McpServer, agent: Agent): void {
  addTool(server, agent, {
    name: 'describe_settings',
    what: 'What a workflow’s input may have, as JSON Schema: names and meanings, and of one section of alpaca (generate, train, ...) every field with its default and bounds. Call it before start_run with settings.',
    hints: READS,
    input: z.strictObject({
      workflow: z.enum(STARTABLE).default('alpaca'),
      section: z.string().max(80).nullable().default(null).describe('Null: all, sections as names alone'),
    }),
    output: z.strictObject({ schema: z.record(z.string(), z.unknown()) }),
    work: async ({ workflow, section }) => {
      const schema = section === null ? outlineOf(workflow) : sectionOf(workflow, section);
      return { text: JSON.stringify(schema), output: { schema } };
    },
  });
}

const property = z.looseObject({ properties: z.unknown().optional() });
const described = z.looseObject({ properties: z.record(z.string(), property) });

function schemaOf(workflow: Startable): z.infer<typeof described> {
  const { $schema: _, ...schema } = z.toJSONSchema(STARTS[workflow].input, { io: 'input' });
  return described.parse(schema);
}

function outlineOf(workflow: Startable): Record<string, unknown> {
  const { properties, ...schema } = schemaOf(workflow);
  const outlined = Object.entries(properties).map(([name, field]) => {
    const inner = fieldsOf(field);
    return [
      name,
      inner === null ? field : { section: `describe_settings with section "${name}"`, fields: inner },
    ];
  });
  return { ...schema, properties: Object.fromEntries(outlined) };
}

/** The names of what a section has; null where it is a field. */
function fieldsOf(field: z.infer<typeof property>): string[] | null {
  const found = z.record(z.string(), z.unknown()).safeParse(field.properties);
  if (found.success) return Object.keys(found.data);
  const choices = z.array(property).safeParse(field.anyOf).data ?? [];
  return choices.map(fieldsOf).find((fields) => fields !== null) ?? null;
}

function sectionOf(workflow: Startable, section: string): Record<string, unknown> {
  const { properties } = schemaOf(workflow);
  const found = Object.hasOwn(properties, section) ? properties[section] : undefined;
  if (found !== undefined) return found;
  throw new AlpacaError('NotFound', `The input of ${workflow} has no ${section}.`, {
    remedy: `It has ${Object.keys(properties).join(', ')}.`,
  });
}

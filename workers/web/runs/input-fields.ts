import { z } from 'zod';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';

/** A field of a form that is made of the input's JSON Schema. */
export interface InputField {
  /** names from the outside in: `generate.target` */
  path: string;
  kind: 'number' | 'text' | 'choice' | 'json';
  /** its default, as JSON */
  fallback: string;
  description: string;
  /** of a choice */
  options: string[];
  isWhole: boolean;
}

export interface InputGroup {
  name: string;
  fields: InputField[];
}

const schemaPart = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
type SchemaPart = z.infer<typeof schemaPart>;

/** The fields of a whole run: those of the run first, then step by step. */
export function inputGroups(): InputGroup[] {
  const { properties = {} } = schemaPart.parse(z.toJSONSchema(alpacaInput, { io: 'input' }));
  const whole: InputGroup = { name: 'run', fields: [] };
  const steps: InputGroup[] = [];
  for (const [name, raw] of Object.entries(properties)) {
    const part = schemaPart.parse(raw);
    if (part.type !== 'object' || part.properties === undefined) whole.fields.push(fieldOf(name, part));
    else
      steps.push({
        name,
        fields: Object.entries(part.properties).map(([field, inner]) =>
          fieldOf(`${name}.${field}`, schemaPart.parse(inner)),
        ),
      });
  }
  return [whole, ...steps];
}

function fieldOf(path: string, part: SchemaPart): InputField {
  const forms = formsOf(part).filter(({ type }) => type !== 'null');
  const [form] = forms;
  const { type, enum: options } = forms.length === 1 && form ? form : { type: undefined, enum: undefined };
  const shared = {
    path,
    description: part.description ?? '',
    fallback: JSON.stringify(part.default ?? null),
  };
  if (options !== undefined)
    return {
      ...shared,
      kind: 'choice',
      options: options.map((value) => JSON.stringify(value)),
      isWhole: false,
    };
  if (type === 'boolean') return { ...shared, kind: 'choice', options: ['true', 'false'], isWhole: false };
  if (type === 'integer' || type === 'number')
    return { ...shared, kind: 'number', options: [], isWhole: type === 'integer' };
  // A source of data is a reference, or more often its uri.
  const isText = forms.some((of) => of.type === 'string');
  return { ...shared, kind: isText ? 'text' : 'json', options: [], isWhole: false };
}

/** What it may be, each form by itself. */
function formsOf(part: SchemaPart): SchemaPart[] {
  return part.anyOf === undefined ? [part] : part.anyOf.flatMap((form) => formsOf(schemaPart.parse(form)));
}

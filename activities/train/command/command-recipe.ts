import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';

/** Files to write for a command, by name; `{name}` in them stands for a value of the training. */
const files = z.record(z.string().regex(/^[\w-][\w.-]*$/), z.record(z.string(), z.json()));

/** How a training is handed to a command of somebody else: a file that the worker's machine has. */
const commandRecipe = z.strictObject({
  /** started in the folder where the files are */
  command: z.array(z.string().min(1)).min(1),
  /** rows.jsonl with input_ids, attention_mask and labels; or rows.json with instruction, input and output */
  rows: z.enum(['tokens', 'texts']),
  files,
  /** what the files have beside that where an adapter is trained */
  lora: files.default({}),
});
export type CommandRecipe = z.infer<typeof commandRecipe>;

const SHIPPED = fileURLToPath(new URL('./recipes', import.meta.url));

/**
 * The recipe of that name: of the worker's own folder, else of this package.
 *
 * @throws AlpacaError InvalidInput where there is none, or it is no recipe
 */
export async function readCommandRecipe(name: string, folder: string | null): Promise<CommandRecipe> {
  for (const place of [...(folder === null ? [] : [folder]), SHIPPED]) {
    const path = join(place, `${name}.yaml`);
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    const checked = commandRecipe.safeParse(parse(text));
    if (checked.success) return checked.data;
    const [issue] = checked.error.issues;
    throw refused(`${path} is no recipe of a command: ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  throw refused(`The GPU worker knows no command ${name}.`);
}

export type Values = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The files of a recipe as text, by name. What is one placeholder and nothing else has the value's own type.
 *
 * @throws AlpacaError InvalidInput naming a placeholder that stands for nothing
 */
export function filledFiles(
  { files, lora }: CommandRecipe,
  isAdapted: boolean,
  values: Values,
): Map<string, string> {
  return new Map(
    Object.entries(files).map(([name, content]) => {
      const whole = isAdapted ? { ...content, ...lora[name] } : content;
      const filled = fill(whole, values);
      return [name, name.endsWith('.json') ? JSON.stringify(filled, null, 2) : stringify(filled)];
    }),
  );
}

function fill(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const [, alone] = /^\{(\w+)\}$/.exec(value) ?? [];
    if (alone !== undefined) return standsFor(alone, values);
    return value.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(standsFor(name, values)));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, values)]));
}

function standsFor(name: string, values: Values) {
  const value = values[name];
  if (value !== undefined) return value;
  throw refused(`A recipe of a command has {${name}}; known are ${Object.keys(values).join(', ')}.`);
}

function refused(message: string): AlpacaError {
  return new AlpacaError('InvalidInput', message, {
    remedy:
      'This package has axolotl and llama-factory; others are files NAME.yaml in the folder ALPACA_TRAIN_COMMANDS of the GPU worker.',
  });
}

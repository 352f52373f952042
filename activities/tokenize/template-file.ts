import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AlpacaError } from '../errors.ts';
import { readJsonObject, toJson } from '../model/folder/json-file.ts';
import { type PromptTemplate, RECIPE_TEMPLATE } from './templates.ts';

/** Where a model folder keeps the template that it was taught with, where that is not the recipe's. */
export const TEMPLATE_FILE = 'prompt_template.json';

const REMEDY = 'Name a JSON file with prompt_input and prompt_no_input.';

const templateFile = z.looseObject({ prompt_input: z.string(), prompt_no_input: z.string() });

/**
 * Reads a template file: a JSON object with `prompt_input` and `prompt_no_input`, texts that hold the
 * placeholders {instruction} and, in the first, {input}, each once. Other fields are left alone, so template
 * files made for other Alpaca trainers load unchanged.
 *
 * @param name what messages call the file
 * @throws AlpacaError InvalidInput naming field and placeholder
 */
export async function readTemplate(path: string, name = path): Promise<PromptTemplate> {
  const checked = templateFile.safeParse(await readJsonObject(path, { remedy: REMEDY }));
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw unusable(name, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const { prompt_input: withInput, prompt_no_input: withoutInput } = checked.data;
  checkPlaceholders(name, 'prompt_input', withInput, ['instruction', 'input']);
  checkPlaceholders(name, 'prompt_no_input', withoutInput, ['instruction']);
  return { withInput, withoutInput };
}

/** The template that a model folder was taught with, null for its chat template; the recipe's where it names none. */
export async function templateOf(modelPath: string): Promise<PromptTemplate | null> {
  const path = join(modelPath, TEMPLATE_FILE);
  const there = await stat(path).catch(() => null);
  if (!there?.isFile()) return RECIPE_TEMPLATE;
  const { format } = await readJsonObject(path, { remedy: REMEDY });
  return format === 'chat' ? null : readTemplate(path);
}

/** A template as the text of a file that `templateOf` reads. */
export function formatTemplateFile(template: PromptTemplate | null): string {
  if (template === null) return toJson({ format: 'chat' });
  return toJson({ prompt_input: template.withInput, prompt_no_input: template.withoutInput });
}

export function sameTemplate(a: PromptTemplate | null, b: PromptTemplate | null): boolean {
  return a?.withInput === b?.withInput && a?.withoutInput === b?.withoutInput;
}

/** What a row may fill in, or someone may believe it may. */
const PLACEHOLDERS = ['instruction', 'input', 'output', 'response'];

function checkPlaceholders(name: string, field: string, text: string, expected: readonly string[]): void {
  for (const placeholder of PLACEHOLDERS) {
    const times = text.split(`{${placeholder}}`).length - 1;
    const due = expected.includes(placeholder) ? 1 : 0;
    if (times !== due)
      throw unusable(
        name,
        `${field} has {${placeholder}} ${times} times and should have it ${due === 1 ? 'once' : 'nowhere'}`,
      );
  }
}

function unusable(name: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `The template ${name} cannot be used: ${reason}.`, {
    remedy:
      'Give a JSON object with prompt_input, which holds {instruction} and {input}, and prompt_no_input, which holds {instruction}.',
  });
}

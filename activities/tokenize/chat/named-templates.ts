import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import { AlpacaError } from '../../errors.ts';

/** Forms of conversations that many models know, as this package writes them. */
const NAMES = ['chatml', 'llama3', 'mistral', 'zephyr'] as const;
export type TemplateName = (typeof NAMES)[number];

/**
 * The local path of a chat template that is named as `builtin:NAME`; null for any other source.
 *
 * @throws AlpacaError InvalidInput where there is none of that name
 */
export function namedTemplatePath(source: DataSource): string | null {
  if (typeof source !== 'string' || !/^builtin(:|$)/.test(source)) return null;
  const name = NAMES.find((known) => source === `builtin:${known}`);
  if (name !== undefined) return pathOf(name);
  throw new AlpacaError('InvalidInput', `There is no chat template "${source}".`, {
    remedy: `Name ${NAMES.map((known) => `builtin:${known}`).join(', ')}, or a file.`,
  });
}

/** The name of a chat template that is one of these, to the letter; null for another. */
export async function nameOfTemplate(text: string): Promise<TemplateName | null> {
  for (const name of NAMES) if ((await readFile(pathOf(name), 'utf8')) === text) return name;
  return null;
}

function pathOf(name: TemplateName): string {
  return fileURLToPath(new URL(`../../../seeds/chat-templates/${name}.jinja`, import.meta.url));
}

import { fileURLToPath } from 'node:url';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import { AlpacaError } from '../../errors.ts';

/** Forms of conversations that many models know, as this package writes them. */
const NAMES = ['chatml', 'llama3', 'mistral', 'zephyr'];

/**
 * The local path of a chat template that is named as `builtin:NAME`; null for any other source.
 *
 * @throws AlpacaError InvalidInput where there is none of that name
 */
export function namedTemplatePath(source: DataSource): string | null {
  if (typeof source !== 'string' || !/^builtin(:|$)/.test(source)) return null;
  const name = source.slice('builtin:'.length);
  if (NAMES.includes(name))
    return fileURLToPath(new URL(`../../../seeds/chat-templates/${name}.jinja`, import.meta.url));
  throw new AlpacaError('InvalidInput', `There is no chat template "${source}".`, {
    remedy: `Name ${NAMES.map((known) => `builtin:${known}`).join(', ')}, or a file.`,
  });
}

import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import { readGiven } from '../../artifacts/given.ts';
import { AlpacaError } from '../../errors.ts';
import { type SpecialRole, specialToken } from '../../model/tokenizer/named-tokens.ts';
import type { TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import type { Message } from './conversation.ts';

/** Where a model folder has its chat template; older ones have it in tokenizer_config.json. */
export const CHAT_TEMPLATE_FILE = 'chat_template.jinja';

/** Bytes; the longest that is published has some fifty thousand. */
const MOST_BYTES = 1 << 20;

/** One template, or several by name, of which `default` is for conversations. */
const inConfig = z.union([
  z.string(),
  z
    .array(z.object({ name: z.string(), template: z.string() }))
    .transform((all) => all.find(({ name }) => name === 'default')?.template ?? null),
]);

/**
 * The chat template of a model folder; null where it has none.
 *
 * @throws AlpacaError InvalidInput where it cannot be read
 */
export async function readChatTemplate(
  folder: string,
  { config }: Pick<TokenizerFiles, 'config'>,
): Promise<string | null> {
  try {
    const bytes = await readGiven(join(folder, CHAT_TEMPLATE_FILE), { most: MOST_BYTES });
    return bytes.toString('utf8');
  } catch (error) {
    if (!(error instanceof AlpacaError) || error.code !== 'NotFound') throw error;
  }
  return inConfig
    .nullable()
    .catch(null)
    .parse(config.chat_template ?? null);
}

/** Renders conversations; what follows is the answer. */
export type RenderConversation = (messages: readonly Message[], options: { asks: boolean }) => string;

/**
 * Opens a chat template. `asks` adds what stands before an answer.
 *
 * @param path the folder, for messages
 * @throws AlpacaError InvalidInput where it is no Jinja that is known here; its result throws the same where a
 *   conversation does not fit it
 */
export function openChatTemplate(
  text: string,
  files: Pick<TokenizerFiles, 'config' | 'map'>,
  path: string,
): RenderConversation {
  const template = rendering(path, 'cannot be read', () => new Template(text));
  const roles: SpecialRole[] = ['bos_token', 'eos_token', 'unk_token', 'pad_token'];
  const tokens = roles.flatMap((role) => {
    const token = specialToken(files, role);
    return token === null ? [] : [[role, token] as const];
  });
  const named = Object.fromEntries(tokens);
  return (messages, { asks }) =>
    rendering(path, 'does not take this conversation', () =>
      template.render({ ...named, messages, add_generation_prompt: asks }),
    );
}

function rendering<Result>(path: string, what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new AlpacaError(
      'InvalidInput',
      `The chat template of ${path} ${what}: ${error instanceof Error ? error.message : String(error)}.`.replace(
        /\.\.$/,
        '.',
      ),
      { remedy: 'Check the order and the roles of the messages, and the template.', cause: error },
    );
  }
}

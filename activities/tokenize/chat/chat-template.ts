import { join } from 'node:path';
import { z } from 'zod';
import type { Message } from '../../../workflows/contracts/data/conversation.ts';
import { readGiven } from '../../artifacts/given.ts';
import { AlpacaError } from '../../errors.ts';
import { type SpecialRole, specialToken } from '../../model/tokenizer/named-tokens.ts';
import type { TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { JinjaFault, openJinja, type Rendered } from './jinja.ts';

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
    return await readChatTemplateFile(join(folder, CHAT_TEMPLATE_FILE));
  } catch (error) {
    if (!(error instanceof AlpacaError) || error.code !== 'NotFound') throw error;
  }
  return inConfig
    .nullable()
    .catch(null)
    .parse(config.chat_template ?? null);
}

/**
 * The text of a file with a chat template.
 *
 * @throws AlpacaError NotFound; InvalidInput where it is too large
 */
export async function readChatTemplateFile(path: string, name = path): Promise<string> {
  return (await readGiven(path, { name, most: MOST_BYTES })).toString('utf8');
}

/** A chat template with the tokens of a tokenizer. */
export interface ChatTemplate {
  readonly hasMarks: boolean;
  /** A conversation as text; `asks` adds what stands before an answer. */
  render(messages: readonly Message[], options: { asks: boolean }): Rendered;
}

export interface ChatTemplateOptions {
  /** what messages call the template */
  name: string;
  /** what it gives is the same on any day: a template that reads the clock is refused, unless it can do without */
  timeless?: boolean;
}

/**
 * Opens a chat template.
 *
 * @throws AlpacaError InvalidInput, naming the line, where it is no Jinja that is known here; rendering throws the same
 *   where a conversation does not fit it
 */
export function openChatTemplate(
  text: string,
  files: Pick<TokenizerFiles, 'config' | 'map'>,
  { name, timeless = false }: ChatTemplateOptions,
): ChatTemplate {
  const { hasMarks, render } = faultsNamed(name, UNREADABLE, () =>
    openJinja(timeless ? text.replaceAll('strftime_now', 'strftime_not_here') : text),
  );
  const roles: SpecialRole[] = ['bos_token', 'eos_token', 'unk_token', 'pad_token'];
  const tokens = roles.flatMap((role) => {
    const token = specialToken(files, role);
    return token === null ? [] : [[role, token] as const];
  });
  const named = Object.fromEntries(tokens);
  return {
    hasMarks,
    render: (messages, { asks }) =>
      faultsNamed(name, UNFIT, () => render({ ...named, messages, add_generation_prompt: asks })),
  };
}

const UNREADABLE = {
  what: 'cannot be read',
  remedy: 'Mend the template, or put another in its place: a model’s is chat_template.jinja in its folder.',
};
const UNFIT = {
  what: 'does not take this conversation',
  remedy: 'Check the order and the roles of the messages, and the template.',
};

function faultsNamed<Result>(
  name: string,
  { what, remedy }: { what: string; remedy: string },
  work: () => Result,
): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof JinjaFault)) throw error;
    const where = error.line === null ? '' : ` in its line ${error.line}`;
    throw new AlpacaError(
      'InvalidInput',
      `The chat template of ${name} ${what}${where}: ${error.message.replace(/\.$/, '')}.`,
      { remedy, cause: error },
    );
  }
}

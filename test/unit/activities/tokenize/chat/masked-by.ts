import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { toJson } from '../../../../../activities/model/folder/json-file.ts';
import { loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../../../../activities/model/tokenizer/tokenizer-files.ts';
import { openChatTemplate } from '../../../../../activities/tokenize/chat/chat-template.ts';
import {
  conversationForm,
  maskConversation,
} from '../../../../../activities/tokenize/mask/mask-conversation.ts';
import type { Message } from '../../../../../workflows/contracts/data/conversation.ts';
import { PYTHON } from '../../../../python.ts';
import type { PublishedForm } from './published-forms.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../../../fixtures/tokenize/mask_conversations.py', import.meta.url));

/** A folder with a form's tokenizer, its template and conversations. */
export async function formFolder(
  root: string,
  { tokenizer: path, tokens, endOfText }: Pick<PublishedForm, 'tokenizer' | 'tokens' | 'endOfText'>,
  template: string,
  conversations: readonly (readonly Message[])[],
): Promise<string> {
  const folder = await mkdtemp(join(root, 'form-'));
  await cp(path, folder, { recursive: true });
  const tokenizer = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
  const { vocab } = tokenizer.model;
  const ids: number[] = [
    ...Object.values<number>(vocab),
    ...tokenizer.added_tokens.map(({ id }: { id: number }) => id),
  ];
  let next = Math.max(...ids) + 1;
  const known = new Set<string>(tokenizer.added_tokens.map(({ content }: { content: string }) => content));
  tokenizer.added_tokens.push(
    ...tokens
      .filter((content) => !known.has(content))
      .map((content) => ({
        ...{ id: vocab[content] ?? next++, content, special: true, normalized: false },
        ...{ single_word: false, lstrip: false, rstrip: false },
      })),
  );
  await writeFile(join(folder, 'tokenizer.json'), toJson(tokenizer));
  const config = { bos_token: '<s>', eos_token: endOfText, tokenizer_class: 'PreTrainedTokenizerFast' };
  await writeFile(join(folder, 'tokenizer_config.json'), toJson(config));
  await writeFile(join(folder, 'chat_template.jinja'), template);
  await writeFile(join(folder, 'conversations.jsonl'), toJsonLines(conversations));
  return folder;
}

/** Lines of `[[ids, labels], ...]`, one for each conversation: by this project … */
export async function maskedHere(
  folder: string,
  template: string,
  conversations: readonly (readonly Message[])[],
): Promise<string[]> {
  const files = await readTokenizerFiles(folder);
  const form = conversationForm(
    openChatTemplate(template, files, { name: folder, timeless: true }),
    await loadTokenizer(folder),
  );
  return conversations.map((messages) =>
    JSON.stringify(
      maskConversation(messages, form, OPTIONS).map(({ inputIds, labels }) => [[...inputIds], [...labels]]),
    ),
  );
}

const OPTIONS = {
  maxLength: Number.MAX_SAFE_INTEGER,
  trainOnPrompt: false,
  specialTokensInRows: 'parse',
  rewrittenTurns: 'divide',
} as const;

/** … and by `transformers`. */
export async function maskedByTransformers(folder: string, template?: string): Promise<string[]> {
  const { stdout } = await run(PYTHON, [SCRIPT, folder, ...(template ? [template] : [])], {
    maxBuffer: 2 ** 30,
  });
  return stdout.trimEnd().split('\n');
}

export function digestOfLines(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

import { INPUT_SEPARATOR } from '../../../workflows/contracts/data/conversation.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { formatPrompt, type PromptTemplate } from '../templates.ts';
import { readChatTemplate } from './chat-template.ts';

/** In place of a tokenizer: what renders the template has the tokenizer put around a text what it does. */
export const WITHOUT_FRAME = 'without a frame';

/**
 * A Jinja chat template that renders a conversation as training rendered rows: of every user message a prompt, of every
 * answer the answer and the end-of-text token. System messages, and user messages that nobody answered, stand before the
 * next user message, an empty line between them. What the tokenizer puts around a text is spelled out, since whoever
 * renders a template tokenizes it without.
 *
 * @returns null where no text has the ids that the tokenizer gives a prompt: then there is no such template
 */
export function taughtChatTemplate(
  template: PromptTemplate,
  tokenizer: Tokenizer | typeof WITHOUT_FRAME,
): string | null {
  const frame = tokenizer === WITHOUT_FRAME ? { before: [], after: [] } : frameOf(template, tokenizer);
  if (frame === null) return null;
  const { before, after } = frame;
  const prompt = (text: string) => {
    const parts = text
      .split(/\{(instruction|input)\}/)
      .map((part, i) => (i % 2 === 0 ? literal(part) : part));
    return [...before, ...parts, ...after].filter((part) => part !== '""').join(' + ');
  };
  return [
    '{%- set ns = namespace(asked="") -%}',
    '{%- for message in messages -%}',
    '{%- if message["role"] == "assistant" -%}',
    '{%- if loop.first or messages[loop.index0 - 1]["role"] == "assistant" -%}',
    '{{- raise_exception("An assistant message must answer a user message.") -}}',
    '{%- endif -%}',
    '{%- generation -%}{{- message["content"] + eos_token -}}{%- endgeneration -%}',
    '{%- set ns.asked = "" -%}',
    '{%- else -%}',
    '{%- set ns.asked = ns.asked + ("\\n\\n" if ns.asked else "") + message["content"] -%}',
    '{%- if loop.last or messages[loop.index]["role"] == "assistant" -%}',
    `{%- set parts = ns.asked.split(${literal(INPUT_SEPARATOR)}, 1) -%}`,
    '{%- set instruction = parts[0] -%}',
    '{%- set input = parts[1] if parts | length > 1 else "" -%}',
    '{%- if input -%}',
    `{{- ${prompt(template.withInput)} -}}`,
    '{%- else -%}',
    `{{- ${prompt(template.withoutInput)} -}}`,
    '{%- endif -%}',
    '{%- endif -%}',
    '{%- endif -%}',
    '{%- endfor -%}',
    '',
  ].join('\n');
}

/**
 * The chat template of a chat model: one that no training here wrote for `template`. Null where a folder has none such,
 * and is asked in `template`.
 *
 * @throws AlpacaError InvalidInput where it cannot be read
 */
export async function readOwnChatTemplate(
  folder: string,
  { files, tokenizer, template }: { files: TokenizerFiles; tokenizer: Tokenizer; template: PromptTemplate },
): Promise<string | null> {
  const found = await readChatTemplate(folder, files);
  return found === taughtChatTemplate(template, tokenizer) ? null : found;
}

/** What a prompt's text begins and ends with, as Jinja expressions. */
interface Frame {
  before: string[];
  after: string[];
}

/** A tokenizer may put a space before a text at its beginning alone, and then no more behind a token. */
const JOINTS = ['', ' '];

const PROBES = [
  { instruction: 'Name a colour.', input: '' },
  { instruction: 'Add.', input: '1 2' },
];

function frameOf(template: PromptTemplate, tokenizer: Tokenizer): Frame | null {
  const bare = tokenizer.encode('a', { addSpecialTokens: false });
  const framed = tokenizer.encode('a', { addSpecialTokens: true });
  const at = framed.findIndex((_, place) => bare.every((id, i) => framed[place + i] === id));
  const tokens = (ids: readonly number[]) =>
    ids.map((id) => tokenizer.decode([id], { skipSpecialTokens: false }));
  const [before, after] = [tokens(framed.slice(0, at)), tokens(framed.slice(at + bare.length))];
  const joint = JOINTS.find((text) =>
    PROBES.every((row) => {
      const prompt = formatPrompt(row, template);
      const spelled = [...before, text, prompt, ...after].join('');
      const ids = tokenizer.encode(spelled, { addSpecialTokens: false });
      return ids.join() === tokenizer.encode(prompt, { addSpecialTokens: true }).join();
    }),
  );
  if (joint === undefined) return null;
  const begin = tokenizer.beginId === null ? null : tokens([tokenizer.beginId])[0];
  const named = (token: string) => {
    if (token === begin) return 'bos_token';
    return token === tokenizer.endOfText ? 'eos_token' : literal(token);
  };
  return { before: [...before.map(named), literal(joint)], after: after.map(named) };
}

/** Text as Jinja spells it, in any of its implementations; none of it is taken for the beginning of a tag. */
function literal(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(/\{(?=[{%#])/g, '{" + "');
  return `"${escaped}"`;
}

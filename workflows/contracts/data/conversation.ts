import { z } from 'zod';
import { TEXT_FAULTS, text, textFault } from './text.ts';

/** Rows that are conversations, in the forms that people have them in. */

/** One message of a conversation, as chat templates take it. */
export const message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: text,
  /** what an assistant thought before it answered, where a data set keeps that apart */
  reasoning_content: text.optional(),
});
export type Message = z.infer<typeof message>;

/** Why a value is no conversation: where in it, and what is wrong there. */
export interface ConversationFault {
  path: (string | number)[];
  reason: string;
}

/** The fields that conversations are kept in: OpenAI's, and those of ShareGPT. */
export const TURN_FIELDS: readonly string[] = ['messages', 'conversations', 'conversation'];

/** Who speaks, by the names that data sets have for it. */
const ROLES: Partial<Record<string, Message['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bot: 'assistant',
  model: 'assistant',
};

/**
 * A row's conversation in OpenAI's form, whichever it came in: `messages` of role and content, or ShareGPT's
 * `conversations` of from and value, with a `system` beside them. Null where the row has none.
 */
export function readConversation(row: object): Message[] | ConversationFault | null {
  const fields = new Map<string, unknown>(Object.entries(row));
  const field = TURN_FIELDS.find((name) => (fields.get(name) ?? null) !== null);
  if (field === undefined) return null;
  const turns = fields.get(field);
  if (!Array.isArray(turns)) return { path: [field], reason: 'expected a list of messages' };
  for (const name of ['tools', 'functions'])
    if (!isNothing(fields.get(name))) return { path: [name], reason: 'calls of tools are not learnt' };
  const messages: Message[] = [];
  const system = fields.get('system');
  if (typeof system === 'string' && system !== '') messages.push({ role: 'system', content: system });
  for (const [place, turn] of turns.entries()) {
    const read = readTurn(turn);
    if ('reason' in read) return { path: [field, place, ...read.path], reason: read.reason };
    messages.push(read);
  }
  const fault = orderFault(messages);
  return fault === null ? messages : { ...fault, path: [field, ...fault.path] };
}

/** Why messages are no conversation that teaches an answer; null where they are one. */
export function orderFault(messages: readonly Message[]): ConversationFault | null {
  let before: Message['role'] | null = null;
  for (const [place, { role, content }] of messages.entries()) {
    const fault = (reason: string) => ({ path: [place], reason });
    if (role === 'system' && before !== null && before !== 'system')
      return fault('roles out of order: a system message stands before all others');
    if (role === 'assistant' && before !== 'user')
      return fault('roles out of order: an assistant message answers a user message');
    if (role === 'user' && before === 'user')
      return fault('roles out of order: a user message follows another, with no answer between');
    if (content.trim() === '')
      return fault(role === 'assistant' ? 'an empty assistant turn' : `an empty ${role} message`);
    const unlike = textFault(content);
    if (unlike !== null) return fault(`${TEXT_FAULTS[unlike]}, which is no text`);
    before = role;
  }
  if (messages.some(({ role }) => role === 'assistant')) return null;
  return { path: [], reason: 'a conversation with no target: no assistant message is in it' };
}

/** What a row has of a conversation beside it: its first exchange, by which it is compared, shown and counted. */
export function firstExchange(messages: readonly Message[]): {
  instruction: string;
  input: string;
  output: string;
} {
  const [first = { instruction: '', input: '', output: '' }] = exchangesOf(messages);
  return first;
}

/** What a row asks, as the one message of a user: its instruction, and its input as a paragraph more. */
export function asOneMessage({ instruction, input }: Asked): string {
  return input === '' ? instruction : `${instruction}\n\n${input}`;
}

/**
 * What stands in a user message between an instruction and its input, whatever the template: the first of it in a message
 * divides. Documented in docs/tokenize.md and in model cards.
 */
export const INPUT_SEPARATOR = '\n\n### Input:\n';

/** The same with the input told apart. */
export function askingContent({ instruction, input }: Asked): string {
  return input === '' ? instruction : `${instruction}${INPUT_SEPARATOR}${input}`;
}

/** A user message as instruction and input. */
export function askedIn(content: string): Asked {
  const at = content.indexOf(INPUT_SEPARATOR);
  return at === -1
    ? { instruction: content, input: '' }
    : { instruction: content.slice(0, at), input: content.slice(at + INPUT_SEPARATOR.length) };
}

interface Asked {
  instruction: string;
  input: string;
}

/** Every user message with its answer, as rows. */
export function exchangesOf(
  messages: readonly Message[],
): { instruction: string; input: string; output: string }[] {
  return messages.flatMap(({ role, content }, place) =>
    role === 'assistant' ? [{ ...askedIn(messages[place - 1]?.content ?? ''), output: content }] : [],
  );
}

// details -----------------------------------------------------------------------------------------------
const turnForm = z.looseObject({
  role: z.string().nullish(),
  from: z.string().nullish(),
  content: z.unknown().optional(),
  value: z.unknown().optional(),
  weight: z.unknown().optional(),
  reasoning_content: text.nullish(),
});
const textParts = z.array(z.looseObject({ type: z.literal('text'), text: z.string() })).min(1);

function readTurn(value: unknown): Message | ConversationFault {
  const form = turnForm.safeParse(value);
  if (!form.success) return { path: form.error.issues[0]?.path.map(String) ?? [], reason: 'no message' };
  const {
    role: named = form.data.from,
    content,
    value: said,
    weight,
    reasoning_content: thought,
  } = form.data;
  const role = ROLES[named?.toLowerCase() ?? ''];
  if (role === undefined)
    return {
      path: ['role'],
      reason: `${JSON.stringify(named ?? null)} is no role that is learnt: expected system, user or assistant`,
    };
  for (const name of ['tool_calls', 'function_call'])
    if (!isNothing(form.data[name])) return { path: [name], reason: 'calls of tools are not learnt' };
  if (!isNothing(weight) && weight !== 1)
    return { path: ['weight'], reason: 'every answer is learnt, and none with a weight of its own' };
  const written = content ?? said;
  const parts = textParts.safeParse(written);
  const whole = parts.success ? parts.data.map((part) => part.text).join('') : (written ?? '');
  if (typeof whole !== 'string') return { path: ['content'], reason: 'expected text' };
  return { role, content: whole, ...(thought && { reasoning_content: thought }) };
}

/** Readers of tables give a row every column, filled or not. */
function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

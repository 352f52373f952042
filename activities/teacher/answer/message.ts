import { z } from 'zod';

/** What stands in a message for its text; some endpoints send it in a list of chunks, of which thinking is one. */
const content = z.union([z.string(), z.array(z.unknown())]).nullish();
/** What endpoints name a model's thinking that they send beside the text. */
const beside = z.string().nullish().catch(null);

export const chatMessage = z.object({
  content,
  refusal: z.string().nullish(),
  reasoning_content: beside,
  reasoning: beside,
});

export interface ReadMessage {
  text: string;
  /** what is no text, as the endpoint told it apart; empty where it did not */
  thinking: string;
  /** empty where nothing was refused */
  refusal: string;
}

/** Reads a message by its chunks: what is neither text nor thinking nor a refusal, as a citation, is left out. */
export function readMessage(message: z.infer<typeof chatMessage>): ReadMessage {
  const chunks = [message.content ?? ''].flat().map((part) => chunk.safeParse(part).data);
  const all = (kind: keyof ReadMessage) =>
    chunks.flatMap((part) => (part && KINDS[part.type] === kind ? [textOf(part)] : [])).join('');
  return {
    text: all('text'),
    thinking: (message.reasoning_content || message.reasoning) ?? all('thinking'),
    refusal: message.refusal || all('refusal'),
  };
}

const KINDS: Readonly<Record<string, keyof ReadMessage>> = {
  text: 'text',
  output_text: 'text',
  thinking: 'thinking',
  reasoning: 'thinking',
  refusal: 'refusal',
};

const chunk = z.union([
  z.string().transform((text) => ({ type: 'text', text })),
  z.looseObject({ type: z.string().default('text') }),
]);

/** Of a chunk what is named by its type, or `text`; thinking may be a list of chunks itself. */
function textOf(part: { type: string; [field: string]: unknown }): string {
  return joined(part.text ?? part[part.type]);
}

function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value.map((item: unknown) => joined(chunk.safeParse(item).data?.text)).join('');
}

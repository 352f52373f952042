import type { Message } from '../../../workflows/contracts/data/conversation.ts';
import { AlpacaError } from '../../errors.ts';
import { IGNORED_LABEL } from '../../model/example.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { ChatTemplate } from '../chat/chat-template.ts';
import { type LearntOptions, type LearntText, learntTexts } from '../chat/learnt-text.ts';
import type { MaskedRow, MaskOptions } from './mask.ts';

export type ConversationOptions = Pick<MaskOptions, 'maxLength' | 'trainOnPrompt' | 'specialTokensInRows'> &
  Pick<LearntOptions, 'rewrittenTurns'>;

/** What a conversation is put into, and whose ids say that a turn has ended. */
export interface ConversationForm {
  template: ChatTemplate;
  tokenizer: Tokenizer;
  /** ids of the tokenizer's special tokens */
  specialIds: ReadonlySet<number>;
}

export function conversationForm(template: ChatTemplate, tokenizer: Tokenizer): ConversationForm {
  const ids = tokenizer.specialTokens.flatMap((token) =>
    tokenizer.encode(token, { addSpecialTokens: false }),
  );
  return { template, tokenizer, specialIds: new Set(ids) };
}

/**
 * Tokenizes a conversation as a chat template renders it: every assistant turn is learnt with what ends it, and nothing
 * else. What the template marks is learnt by every token that overlaps a mark, as `assistant_only_loss` of TRL has it;
 * without marks a turn begins where its ids and those of what asks for it part, as in TRL, and ends with its last special
 * token.
 * One example, or one for each answer where the template rewrites earlier turns and they are divided.
 *
 * @throws AlpacaError InvalidInput where the template does not take the conversation, or ends a turn with no token
 */
export function maskConversation(
  messages: readonly Message[],
  form: ConversationForm,
  { maxLength, trainOnPrompt, specialTokensInRows, rewrittenTurns }: ConversationOptions,
): MaskedRow[] {
  if (messages.some(({ content }) => RESERVED.test(content)))
    throw new AlpacaError('InvalidInput', 'It has a noncharacter (U+FDD0 to U+FDD3), which is no text.', {
      remedy: 'Leave it out of the row.',
    });
  const { specialTokens } = form.tokenizer;
  const spellsSpecialToken = messages.some(({ content }) =>
    specialTokens.some((token) => content.includes(token)),
  );
  if (spellsSpecialToken && specialTokensInRows === 'parse') requireEnd(messages, form, rewrittenTurns);
  const plainTokens = spellsSpecialToken && specialTokensInRows === 'text' ? specialTokens : [];
  const { texts, isRewritten } = learntTexts(messages, form.template, { rewrittenTurns, plainTokens });
  return texts.map((learnt, place) => {
    const { ids, turns, prefixMismatch } = encode(learnt, form);
    const labels = new Int32Array(Math.min(ids.length, maxLength)).fill(IGNORED_LABEL);
    if (trainOnPrompt) labels.set(ids.slice(0, maxLength));
    else
      for (const [from, to] of turns)
        labels.set(ids.slice(from, Math.min(to, maxLength)), Math.min(from, maxLength));
    return {
      inputIds: Int32Array.from(ids.slice(0, maxLength)),
      labels,
      truncated: ids.length > maxLength,
      fullyMasked: labels.every((label) => label === IGNORED_LABEL),
      endOfTextLost: (turns.at(-1)?.[1] ?? 0) > maxLength,
      ...{ prefixMismatch, spellsSpecialToken },
      // Said once of a row, however many examples it gives.
      isRewritten: isRewritten && place === 0,
      messages: learnt.messages,
    };
  });
}

/** A conversation that any template takes, in which nothing looks like a token. */
const PROBE = [
  { role: 'user', content: 'Name a colour.' },
  { role: 'assistant', content: 'Blue.' },
] as const;

/**
 * What a template writes that looks like a special token and is cut into pieces, since the tokenizer has no such token, as
 * `<|user|>` or `[INST]`: some models are published so, and with another base it is a mistake.
 */
export function piecesOfTemplate({ template, tokenizer }: ConversationForm): string[] {
  const { text } = template.render([...PROBE, PROBE[0]], { asks: true });
  const isInPieces = (token: string) => tokenizer.encode(token, { addSpecialTokens: false }).length > 1;
  return [...new Set(text.match(LOOKS_SPECIAL))].filter(isInPieces);
}

/**
 * Masks a conversation that nobody wrote, to see what a form makes of one.
 *
 * @param options turns: questions that it has, each with its answer
 * @throws AlpacaError as `maskConversation`
 */
export function maskProbe(
  form: ConversationForm,
  { turns, rewrittenTurns }: { turns: number } & Pick<ConversationOptions, 'rewrittenTurns'>,
): MaskedRow[] {
  return maskConversation(Array.from({ length: turns }, () => PROBE).flat(), form, {
    ...{ maxLength: Number.MAX_SAFE_INTEGER, trainOnPrompt: false, specialTokensInRows: 'parse' },
    rewrittenTurns,
  });
}

// details -----------------------------------------------------------------------------------------------
const RESERVED = /[\uFDD0-\uFDD3]/;

/** Bars of two widths, tags, and capitals in brackets. */
const LOOKS_SPECIAL = /<[|\uFF5C][^\s<>]+[|\uFF5C]>|<\/?[a-z_]+>|\[\/?[A-Z_]+\]/g;

/** What a message spells ends no answer: the template's own end must do, whatever stands in the messages. */
function requireEnd(
  messages: readonly Message[],
  form: ConversationForm,
  rewrittenTurns: ConversationOptions['rewrittenTurns'],
): void {
  const { specialTokens } = form.tokenizer;
  const without = (text: string) => specialTokens.reduce((left, token) => left.replaceAll(token, 'x'), text);
  const bare = messages.map((message) => ({ ...message, content: without(message.content) }));
  const { texts } = learntTexts(bare, form.template, { rewrittenTurns, plainTokens: [] });
  for (const learnt of texts) encode(learnt, form);
}

interface EncodedTurns {
  ids: number[];
  /** tokens that are learnt, from and to */
  turns: [number, number][];
  prefixMismatch: boolean;
}

function encode(learnt: LearntText, form: ConversationForm): EncodedTurns {
  const { text, turns: ranges, isMarked, plain } = learnt;
  const inside = (place: number) => Math.min(Math.max(place, 0), text.length - 1);
  const places = ranges.flatMap(([from, to]) => [from - 1, from, to - 1, to].map(inside));
  const { ids, tokens } = form.tokenizer.encodeAt(text, places, plain);
  const at = (index: number) => tokens[index] ?? 0;
  const asked = isMarked
    ? []
    : ranges.map(([from]) => form.tokenizer.encodeAt(text.slice(0, from), [], plain).ids);
  let prefixMismatch = false;
  const turns = ranges.map(([from, to], turn): [number, number] => {
    const [before, first, last, behind] = [0, 1, 2, 3].map((k) => at(turn * 4 + k));
    const start = Math.min(first ?? 0, partingOf(asked[turn], ids));
    prefixMismatch ||= (from > 0 && before === first) || start < (first ?? 0);
    let end = to < text.length && last !== behind ? (behind ?? 0) : (last ?? 0) + 1;
    if (to >= text.length) end = ids.length;
    const final = ids.findLastIndex((id, place) => place < end && form.specialIds.has(id));
    if (final < start) throw endless(text.slice(from, to), form.tokenizer);
    return [start, isMarked ? end : final + 1];
  });
  return { ids, turns, prefixMismatch };
}

/** Where the ids of what asks for an answer and those of the whole part. */
function partingOf(asked: readonly number[] | undefined, ids: readonly number[]): number {
  const place = asked?.findIndex((id, index) => ids[index] !== id) ?? -1;
  return place === -1 ? (asked?.length ?? Number.POSITIVE_INFINITY) : place;
}

function endless(turn: string, { endOfText }: Tokenizer): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    `The chat template ends an answer with ${JSON.stringify(turn.slice(-24))}, in which there is no special token of the tokenizer: a model that learns it never ends its answers.`,
    {
      remedy: `Use a base whose tokenizer has the template’s tokens, or a template that ends an answer with one that it has, as ${endOfText} is.`,
    },
  );
}

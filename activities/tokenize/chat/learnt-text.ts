import type { Message } from '../../../workflows/contracts/data/conversation.ts';
import type { TokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { AlpacaError } from '../../errors.ts';
import type { TextRange } from '../../model/tokenizer/added-tokens.ts';
import type { ChatTemplate } from './chat-template.ts';
import { createPlainTokens } from './plain-tokens.ts';

/** A conversation as text, and what of it is learnt. */
export interface LearntText {
  text: string;
  /** each assistant turn that is learnt */
  turns: TextRange[];
  /** the turns are what the template marks; else what follows on what asks for them, as far as it belongs to them */
  isMarked: boolean;
  /** parts that spell a special token and are text all the same */
  plain: TextRange[];
  /** how many of the row's messages it has */
  messages: number;
}

export interface LearntOptions {
  /** what becomes of rows whose earlier turns the template drops or rewrites */
  rewrittenTurns: TokenizeInput['rewrittenTurns'];
  /** special tokens that messages may spell without meaning them; none where such text is the token */
  plainTokens: readonly string[];
}

/**
 * Says of a conversation what text a model is taught. The template's marks say what is learnt; without them an assistant
 * turn is learnt from the end of what asks for it to the end of the conversation up to it, both of which must begin
 * the whole. A row is rewritten where the whole does not go on from each conversation that ends with an answer: then the
 * model, when it was asked, saw something else than stands there afterwards.
 *
 * @throws AlpacaError InvalidInput where the template does not take the conversation, or a turn is not found
 */
export function learntTexts(
  messages: readonly Message[],
  template: ChatTemplate,
  { rewrittenTurns, plainTokens }: LearntOptions,
): { texts: LearntText[]; isRewritten: boolean } {
  const tokens = createPlainTokens(plainTokens);
  const escaped = tokens.hide(messages);
  const render = (count: number, asks: boolean) =>
    tokens.show(template.render(escaped.slice(0, count), { asks }));
  const answers = messages.flatMap(({ role }, place) => (role === 'assistant' ? [place] : []));
  const whole = render(messages.length, false);
  const found = answers.map((place) => {
    const asked = render(place, true).text;
    const told = place + 1 === messages.length ? whole.text : render(place + 1, false).text;
    const goesOn = whole.text.startsWith(told);
    return {
      goesOn,
      turn: goesOn && told.startsWith(asked) ? ([asked.length, told.length] as const) : null,
    };
  });
  const isRewritten = found.some(({ goesOn }) => !goesOn);
  const { hasMarks: isMarked } = template;
  if (isRewritten && rewrittenTurns === 'refuse') throw rewritten();
  if (isRewritten && rewrittenTurns === 'divide') {
    const texts = answers.map((place) => {
      const { text, marked, plain } = render(place + 1, false);
      const asked = render(place, true).text;
      const turn = isMarked
        ? marked.at(-1)
        : text.startsWith(asked)
          ? ([asked.length, text.length] as const)
          : undefined;
      if (turn === undefined) throw notFound();
      return { text, turns: [turn], isMarked, plain, messages: place + 1 };
    });
    return { texts, isRewritten };
  }
  const turns = isMarked ? whole.marked : found.flatMap(({ turn }) => (turn === null ? [] : [turn]));
  if (turns.length < (isRewritten ? 1 : answers.length)) throw notFound();
  const { text, plain } = whole;
  return { texts: [{ text, turns, isMarked, plain, messages: messages.length }], isRewritten };
}

function rewritten(): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    'The chat template drops or rewrites earlier turns of this conversation.',
    {
      remedy:
        'Choose tokenize.rewrittenTurns "divide", which learns each answer as it was asked for, or "as-rendered".',
    },
  );
}

function notFound(): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    'The chat template asks for an answer by a text that does not stand before the answer, so what is learnt is not known.',
    { remedy: 'Give a template with {% generation %} around what an assistant writes.' },
  );
}

import type { Message } from '../../../workflows/contracts/data/conversation.ts';
import type { TextRange } from '../../model/tokenizer/added-tokens.ts';
import type { Rendered } from './jinja.ts';

/** Rendered text with the places where messages spell special tokens. */
export interface ShownText extends Rendered {
  plain: TextRange[];
}

/** Follows the special tokens that messages spell through a template: each is a noncharacter with its number there. */
export function createPlainTokens(tokens: readonly string[]) {
  const longestFirst = [...tokens].sort((a, b) => b.length - a.length);
  const hideIn = (text: string) =>
    longestFirst.reduce((left, token, i) => left.replaceAll(token, `\uFDD2${i}\uFDD3`), text);
  return {
    hide: (messages: readonly Message[]): readonly Message[] =>
      tokens.length === 0
        ? messages
        : messages.map((message) => ({ ...message, content: hideIn(message.content) })),
    show: ({ text, marked }: Rendered): ShownText => {
      if (!text.includes('\uFDD2')) return { text, marked, plain: [] };
      const plain: TextRange[] = [];
      /** where the text as it was, and as it is shown, go on behind a token */
      const steps: [was: number, is: number][] = [[0, 0]];
      let shown = '';
      let end = 0;
      for (const { 0: hidden, 1: number, index } of text.matchAll(/\uFDD2(\d+)\uFDD3/g)) {
        shown += text.slice(end, index);
        const token = longestFirst[Number(number)] ?? '';
        plain.push([shown.length, shown.length + token.length]);
        shown += token;
        end = index + hidden.length;
        steps.push([end, shown.length]);
      }
      const placeOf = (place: number) => {
        const [was, is] = steps.findLast(([from]) => from <= place) ?? [0, 0];
        return place - was + is;
      };
      return {
        text: shown + text.slice(end),
        marked: marked.map(([from, to]) => [placeOf(from), placeOf(to)]),
        plain,
      };
    },
  };
}

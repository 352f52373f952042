import { z } from 'zod';

/** A token that is looked for in the text itself, before anything else is done with it. */
export interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

/** A part of a text: an added token's id, or text between them and whether it begins the whole text. */
type Section = ({ id: number } | { text: string; atStart: boolean }) & Place;

/** Where a section begins: `at` in the normalized form of what stands between tokens, which begins at `from` in the text. */
interface Place {
  from: number;
  at: number;
}

/** A part of a text, from and to, in UTF-16 units. */
export type TextRange = readonly [from: number, to: number];

/** How a tokenizer.json writes its added tokens. */
export function parseAddedTokens(value: unknown): AddedToken[] {
  return z.array(addedToken).parse(value ?? []);
}

const addedToken = z
  .looseObject({
    id: z.int().min(0),
    content: z.string().min(1),
    single_word: z.boolean().default(false),
    lstrip: z.boolean().default(false),
    rstrip: z.boolean().default(false),
    special: z.boolean().default(false),
    normalized: z.boolean().optional(),
  })
  .transform((token): AddedToken => ({ ...token, normalized: token.normalized ?? !token.special }));

/**
 * Finds added tokens in a text as the Rust library does: the leftmost first, of those the longest. Tokens
 * with `normalized` are looked for once the text between the others is normalized.
 *
 * @param plain where special tokens are not looked for: what spells one there is text
 */
export type SectionCutter = (text: string, plain: readonly TextRange[]) => Section[];

export function createSectionCutter(
  tokens: readonly AddedToken[],
  normalize: ((text: string) => string) | null,
): SectionCutter {
  const find = createFinder(
    tokens.filter(({ normalized }) => !normalized),
    (content) => content,
  );
  const findNormalized = createFinder(
    tokens.filter(({ normalized }) => normalized),
    normalize ?? ((content) => content),
  );
  return (text, plain) =>
    find({ text, atStart: true }, plain).flatMap((section): Section[] => {
      if ('id' in section) return [{ id: section.id, from: section.at, at: 0 }];
      const normalized = normalize === null ? section.text : normalize(section.text);
      // Normalizing moves places, so a special token is text anywhere in here or nowhere.
      const whole: TextRange[] = plain.length === 0 ? [] : [[0, normalized.length]];
      return findNormalized({ text: normalized, atStart: section.atStart }, whole).map((part) => ({
        ...part,
        from: section.at,
      }));
    });
}

/** A section by its place in the text that it was cut out of. */
type Part = ({ id: number } | { text: string; atStart: boolean }) & Pick<Place, 'at'>;
interface TextSection {
  text: string;
  atStart: boolean;
}

function createFinder(
  tokens: readonly AddedToken[],
  written: (content: string) => string,
): (section: TextSection, plain: readonly TextRange[]) => Part[] {
  const byContent = new Map(tokens.map((token) => [written(token.content), token]));
  if (byContent.size === 0) return (section) => nonEmpty([{ ...section, at: 0 }]);
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const anyToken = new RegExp(longestFirst.map((content) => escapeExpression(content)).join('|'), 'gu');
  return ({ text, atStart }, plain) => {
    const sections: Part[] = [];
    let end = 0;
    for (const match of text.matchAll(anyToken)) {
      const token = byContent.get(match[0]);
      let [from, to] = [match.index, match.index + match[0].length];
      if (!token || (token.special && plain.some((range) => from < range[1] && range[0] < to))) continue;
      if (token.single_word && touchesWord(text, from, to)) continue;
      if (token.lstrip) from = Math.max(end, text.slice(0, from).replace(SPACES_AT_END, '').length);
      if (token.rstrip) to += SPACES_AT_START.exec(text.slice(to))?.[0].length ?? 0;
      sections.push(
        { text: text.slice(end, from), atStart: atStart && end === 0, at: end },
        { id: token.id, at: from },
      );
      end = to;
    }
    sections.push({ text: text.slice(end), atStart: atStart && end === 0, at: end });
    return nonEmpty(sections);
  };
}

const SPACES_AT_START = /^\p{White_Space}+/u;
const SPACES_AT_END = /\p{White_Space}+$/u;
const ENDS_WITH_WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const STARTS_WITH_WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

function touchesWord(text: string, from: number, to: number): boolean {
  return ENDS_WITH_WORD.test(text.slice(0, from)) || STARTS_WITH_WORD.test(text.slice(to));
}

function nonEmpty(sections: Part[]): Part[] {
  return sections.filter((section) => 'id' in section || section.text !== '');
}

/** Text as a regular expression that matches it and nothing else. */
export function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

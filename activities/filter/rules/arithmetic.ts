import type { FilterWords } from '../words/filter-words.ts';
import { proseOf } from './blocks.ts';
import type { Fault, Rule } from './rule.ts';

/**
 * A calculation that is wrong: numbers with signs between them, an equals sign, and something else on its other side.
 * Only what is surely meant as one is looked at: it stands at the beginning of a line, after a mark or one of a few
 * words, has no variable, unit, per cent or parenthesis in it, and is no quotation. A result may be rounded or cut off
 * at its last place, and a chain may go on from a result, as people write it: `5 + 3 = 8 - 2 = 6`.
 */
export const arithmetic: Rule = ({ instruction, input, output }, words) => {
  if (!output.includes('=')) return null;
  const task = `${instruction}\n${input}`;
  if (words.arithmetic.otherRules.areIn(`${task}\n${output}`)) return null;
  for (const line of proseOf(output).split('\n')) {
    if (!line.includes('=') || line.length > LONGEST_LINE || words.arithmetic.notMeant.areIn(line)) continue;
    const fault = faultOf(line, words);
    if (fault !== null && !task.includes(fault.found)) return fault;
  }
  return null;
};

const LONGEST_LINE = 2000;

interface Token {
  kind: 'number' | 'sign' | 'equals' | 'word' | 'mark';
  text: string;
  /** its first character, and the one after it, in the line */
  from: number;
  to: number;
}

/** `x` is a sign where it stands between numbers, which is seen later. */
const TOKEN =
  /(?<number>\d[\d,]*(?:\.\d+)?)|(?<sign>[-+−–*×÷/]|x(?![\p{L}\p{N}]))|(?<equals>=)|(?<word>[\p{L}\p{M}']+)|(?<mark>\S)/gu;

function faultOf(line: string, words: FilterWords): Fault | null {
  const start = /^\s*(?:\d{1,3}[.)]|[*•])\s+/.exec(line)?.[0].length ?? 0;
  const tokens: Token[] = [];
  for (const { groups = {}, 0: text, index } of line.slice(start).matchAll(TOKEN)) {
    const kind = KINDS.find((name) => groups[name] !== undefined) ?? 'mark';
    if (!CURRENCY.has(text))
      tokens.push({ kind, text, from: index + start, to: index + start + text.length });
  }
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'equals') continue;
    let [first, last] = [at, at];
    while (isTerm(tokens[first - 1])) first -= 1;
    while (isTerm(tokens[last + 1])) last += 1;
    const [left, right] = [sideOf(tokens.slice(first, at)), sideOf(tokens.slice(at + 1, last + 1))];
    if (left === null || right === null || (left.isPlain && right.isPlain)) continue;
    if (!mayBegin(tokens, first, words) || !mayEnd(tokens, last, words)) continue;
    if (areEqual(left, right) || areEqual(left, right.first)) continue;
    const found = line.slice(tokens[first]?.from ?? 0, tokens[last]?.to);
    return { reason: `the left side is ${shown(left.value)}, the right side ${shown(right.value)}`, found };
  }
  return null;
}

const KINDS = ['number', 'sign', 'equals', 'word', 'mark'] as const;
const CURRENCY: ReadonlySet<string> = new Set(['$', '€', '£', '₩', '¥']);

function isTerm(token: Token | undefined): boolean {
  return token?.kind === 'number' || token?.kind === 'sign';
}

/** Before a calculation: nothing, an equals sign, a mark with a space, or a word after which one begins. */
function mayBegin(tokens: readonly Token[], first: number, { arithmetic: { before } }: FilterWords): boolean {
  const [token, next] = [tokens[first - 1], tokens[first]];
  if (token === undefined || token.kind === 'equals') return true;
  const isApart = next !== undefined && next.from > token.to;
  if (token.kind === 'word') return isApart && before.has(token.text.toLowerCase());
  return token.text === '('
    ? tokens[first - 2]?.to !== token.from
    : isApart && ',;:.!→⇒'.includes(token.text);
}

/** After one: nothing, another equals sign, the end of a sentence or a parenthesis, or a word that changes nothing. */
function mayEnd(tokens: readonly Token[], last: number, { arithmetic: { after } }: FilterWords): boolean {
  const [token, before] = [tokens[last + 1], tokens[last]];
  if (token === undefined || token.kind === 'equals') return true;
  const isApart = before !== undefined && token.from > before.to;
  if (token.kind === 'word') {
    const word = token.text.toLowerCase();
    // Korean writes what is counted, and the ending of the sentence, without a space after the number.
    return HANGUL.test(word)
      ? ![...after].some((unit) => word.startsWith(unit))
      : isApart && !after.has(word);
  }
  return '.,;)'.includes(token.text) && !isApart;
}

const HANGUL = /^\p{Script=Hangul}/u;

interface Figure {
  value: number;
  /** decimal places of a number as it is written; null for a calculation, which is exact */
  places: number | null;
}

interface Side extends Figure {
  isPlain: boolean;
  /** the number that it begins with */
  first: Figure;
}

/** Products and quotients first, then sums; null for what is no calculation. */
function sideOf(tokens: readonly Token[]): Side | null {
  const negative =
    tokens[0]?.kind === 'sign' && MINUS.has(tokens[0].text) && tokens[0].to === tokens[1]?.from;
  const terms = negative ? tokens.slice(1) : tokens;
  if (terms.length % 2 === 0 || terms.length > MOST_TERMS) return null;
  // `28 / 1/5` is meant to divide by a fifth, and `28 / 2 / 7` is not.
  if (terms.some(({ text }, i) => DIVIDES.has(text) && DIVIDES.has(terms[i + 2]?.text ?? ''))) return null;
  let [sum, product] = [0, 0];
  let first: Figure | null = null;
  for (let i = 0; i < terms.length; i += 2) {
    const [sign, number] = [terms[i - 1], terms[i]];
    if (number?.kind !== 'number' || !NUMBER.test(number.text)) return null;
    if (sign !== undefined && sign.kind !== 'sign') return null;
    const size = Number(number.text.replaceAll(',', ''));
    if (sign === undefined) {
      product = negative ? -size : size;
      first = { value: product, places: number.text.split('.')[1]?.length ?? 0 };
    } else if (DIVIDES.has(sign.text)) product /= size;
    else if (sign.text === '+' || MINUS.has(sign.text)) {
      sum += product;
      product = sign.text === '+' ? size : -size;
    } else product *= size;
  }
  const value = sum + product;
  if (first === null || !Number.isFinite(value)) return null;
  const isPlain = terms.length === 1;
  return { value, places: isPlain ? first.places : null, isPlain, first };
}

const DIVIDES: ReadonlySet<string> = new Set(['/', '÷']);
const MINUS: ReadonlySet<string> = new Set(['-', '−', '–']);
/** With commas between thousands, or none. */
const NUMBER = /^(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/;
const MOST_TERMS = 99;

/** A number with fewer places than the calculation needs stands for it where they differ by less than its last place. */
function areEqual(a: Figure, b: Figure): boolean {
  const difference = Math.abs(a.value - b.value);
  if (difference <= 1e-9 * Math.max(1, Math.abs(a.value), Math.abs(b.value))) return true;
  return isRounded(a, b) || isRounded(b, a) || isOtherUnit(a, b);
}

/** Per cent, cents and thousands are left unsaid: the same digits are no mistake. */
function isOtherUnit({ value: a }: Figure, { value: b }: Figure): boolean {
  return [100, 1000, 1e6].some((unit) =>
    [a * unit - b, b * unit - a].some(
      (difference) => Math.abs(difference) <= 1e-9 * unit * Math.max(Math.abs(a), Math.abs(b)),
    ),
  );
}

function isRounded({ value: rounded, places }: Figure, { value }: Figure): boolean {
  if (places === null) return false;
  const unit = 10 ** -places;
  const steps = value / unit;
  const isBetween = Math.abs(steps - Math.round(steps)) > 1e-6;
  return isBetween && Math.abs(value - rounded) < unit;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(12)));
}

import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { Decontamination, Verdict } from '../../../workflows/contracts/filter.ts';
import type { Tokenization } from '../../../workflows/contracts/run.ts';
import { OverlapIndex } from '../../dedupe/rouge/overlap-index.ts';
import { tokenizerFor } from '../../dedupe/rouge/tokenize.ts';
import { Vocabulary } from '../../dedupe/rouge/vocabulary.ts';
import { excerpt } from '../rules/rule.ts';
import type { BenchmarkText } from './benchmark.ts';
import { WordRuns } from './word-runs.ts';

export interface OverlapOptions extends Pick<Decontamination, 'words' | 'rougeL' | 'exact'> {
  tokenization: Tokenization;
  texts: readonly BenchmarkText[];
  /** what the files are called, in order */
  files: readonly string[];
}

/** Says of a row what it overlaps; null where it is clean. */
export type OverlapFinder = (row: RecipeRow) => Verdict | null;

/** Of fewer tokens any two texts are alike. The same prompt is found at any length. */
const FEWEST_ALIKE = 5;
/** Longer ones than this have runs of words in common where they have anything; to compare them whole takes seconds. */
const MOST_ALIKE = 4096;
/** An input by itself, such as a passage, or an instruction beside one, is compared from this many tokens on: `Paris` is no benchmark. */
const FEWEST_OF_INPUT = 8;

/**
 * What is compared of a row: instruction and input together, and its input by itself; for runs of words its output
 * too, one after the other.
 */
export function overlapFinder({
  texts,
  files,
  tokenization,
  words,
  rougeL,
  exact,
}: OverlapOptions): OverlapFinder {
  const tokenize = tokenizerFor(tokenization);
  const vocabulary = new Vocabulary(tokenize);
  const whole = new Map<string, BenchmarkText>();
  const runs = words === null ? null : new WordRuns(words);
  const alike = rougeL === null ? null : new OverlapIndex(rougeL);
  const inAlike: BenchmarkText[] = [];
  for (const text of texts) {
    const normal = normalized(text.text);
    if (exact && normal !== '' && !whole.has(normal)) whole.set(normal, text);
    const ids = vocabulary.encode(text.text);
    runs?.insert(ids);
    if (alike === null || !isComparable(ids)) continue;
    alike.insert(ids);
    inAlike.push(text);
  }

  const verdict = (rule: Verdict['rule'], reason: string, found: string, text?: BenchmarkText): Verdict => ({
    ...{ rule, reason, found: excerpt(found) },
    ...(text && { overlaps: { file: files[text.file] ?? '', row: text.row, field: text.field } }),
  });

  return ({ instruction, input, output }) => {
    const prompt = input === '' ? instruction : `${instruction}\n${input}`;
    const compared = [{ text: prompt, ids: vocabulary.encode(prompt) }];
    const ofInput = input === '' ? null : vocabulary.encode(input);
    if (ofInput !== null && ofInput.length >= FEWEST_OF_INPUT) compared.push({ text: input, ids: ofInput });
    // A question that stands in a file is one, whatever input a row has beside it.
    const isQuestion = input !== '' && vocabulary.encode(instruction).length >= FEWEST_OF_INPUT;
    const wholes = [...compared.map(({ text }) => text), ...(isQuestion ? [instruction] : [])];
    for (const text of exact ? wholes : []) {
      const same = whole.get(normalized(text));
      if (same) return verdict('same-text', 'the same text but for case and punctuation', text, same);
    }
    if (runs !== null && words !== null) {
      const all = `${prompt}\n${output}`;
      const run = runs.find(vocabulary.encode(all));
      if (run !== null) {
        const found = tokenize(all)
          .slice(run.place, run.place + words)
          .join(' ');
        return verdict('same-words', `${words} words in the same order`, found, texts[run.text]);
      }
    }
    for (const { text, ids } of alike === null ? [] : compared) {
      const match = isComparable(ids) ? alike?.nearest(ids) : null;
      if (match)
        return verdict('similar-text', `ROUGE-L ${match.score.toFixed(3)}`, text, inAlike[match.row]);
    }
    return null;
  };
}

function isComparable({ length }: Int32Array): boolean {
  return length >= FEWEST_ALIKE && length <= MOST_ALIKE;
}

function normalized(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

import { PhiloxStream } from '../../activities/philox.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { buildCorpus, RELEASED } from '../dedupe/corpus.ts';

/**
 * Rows with the shape of the recipe's released data: as many, as long, with an input as often. The words
 * mean nothing; how often they occur follows Zipf's law, so that a byte-pair encoder meets the same mix of
 * frequent and rare ones.
 */
export function buildRows(count: number = RELEASED.rows, seed = 7): RecipeRow[] {
  const random = new PhiloxStream(seed, 'shuffle', 0);
  return buildCorpus({ rows: count, nearDuplicates: 0, atThreshold: 0 }).map((instruction) => ({
    instruction,
    input: random.nextUniform() < SHARE_WITH_INPUT ? prose(inputWords(random), random) : '',
    output: outputOf(random),
  }));
}

/** 40% of the released rows have an input. */
const SHARE_WITH_INPUT = 0.4;

/** [share of rows, words]: the released outputs have 1, 30, 122 and 202 words at 5, 50, 95 and 99%. */
const OUTPUT_WORDS: ReadonlyArray<readonly [number, number]> = [
  [0, 1],
  [0.05, 1],
  [0.5, 30],
  [0.95, 122],
  [0.99, 202],
  [1, 600],
];

/** Shares of outputs that are not plain prose, so that every path of a tokenizer is walked. */
const SHARE_OF_CODE = 0.015;
const SHARE_OF_KOREAN = 0.007;
const SHARE_WITH_EMOJI = 0.01;

function outputOf(random: PhiloxStream): string {
  const words = quantile(random.nextUniform());
  const kind = random.nextUniform();
  if (kind < SHARE_OF_CODE) return code(words, random);
  if (kind < SHARE_OF_CODE + SHARE_OF_KOREAN) return korean(words, random);
  const text = prose(words, random);
  return kind > 1 - SHARE_WITH_EMOJI ? `${text} \u{1F600}\u{1F44D}\u{1F3FD}` : text;
}

function inputWords(random: PhiloxStream): number {
  return 1 + Math.floor(22 * random.nextUniform() ** 2);
}

function quantile(share: number): number {
  const after = Math.max(
    1,
    OUTPUT_WORDS.findIndex(([upTo]) => share <= upTo),
  );
  const [low, fewest] = OUTPUT_WORDS[after - 1] ?? [0, 1];
  const [high, most] = OUTPUT_WORDS[after] ?? [1, 1];
  return Math.round(fewest * (most / fewest) ** ((share - low) / (high - low)));
}

/** Words of a running text, a few of them numbers, with sentences, commas and line breaks. */
function prose(words: number, random: PhiloxStream): string {
  let text = '';
  let startsSentence = true;
  for (let i = 0; i < words; i += 1) {
    const word = random.nextUniform() < 0.02 ? String(random.nextBelow(3000)) : drawWord(random);
    text += startsSentence ? word.charAt(0).toUpperCase() + word.slice(1) : word;
    const mark = random.nextUniform();
    startsSentence = mark < 0.08;
    if (i === words - 1) break;
    if (mark < 0.015) text += '.\n\n';
    else if (mark < 0.08) text += '. ';
    else if (mark < 0.14) text += ', ';
    else text += ' ';
  }
  return words > 2 ? `${text}.` : text;
}

function code(words: number, random: PhiloxStream): string {
  const lines = Array.from({ length: Math.ceil(words / 6) }, () => {
    const [name, of, by] = [drawWord(random), drawWord(random), drawWord(random)];
    return `    ${name} = ${of}[${random.nextBelow(100)}] + self.${by}(x)`;
  });
  return `def ${drawWord(random)}(x):\n${lines.join('\n')}\n    return None`;
}

function korean(words: number, random: PhiloxStream): string {
  const syllables = () => Array.from({ length: 2 + random.nextBelow(3) }, () => hangul(random)).join('');
  return `${Array.from({ length: words }, syllables).join(' ')}.`;
}

const HANGUL_FIRST = 0xac00;

/** A tenth of the syllables, as running Korean uses few of the 11,172. */
function hangul(random: PhiloxStream): string {
  return String.fromCharCode(HANGUL_FIRST + 10 * random.nextBelow(1117));
}

/** Distinct words that may occur; English text of this length has about as many. */
const VOCABULARY = 90_000;

/** Rank r is drawn in proportion to 1/r. */
function drawWord(random: PhiloxStream): string {
  return wordOf(Math.floor(Math.exp(random.nextUniform() * Math.log(VOCABULARY))));
}

const ONSETS = ['b', 'c', 'd', 'f', 'g', 'h', 'l', 'm', 'n', 'p', 'r', 's', 't', 'st', 'tr', 'sh', 'pl'];
const NUCLEI = ['a', 'e', 'i', 'o', 'u', 'ea'];
const CODAS = ['', 'n', 's', 'r', 'nd', 'l', 't', 'ng'];

/** A word for a rank, short where it is frequent: the rank's digits as syllables. */
function wordOf(rank: number): string {
  let word = '';
  for (let rest = rank; rest > 0; ) {
    word += ONSETS[rest % ONSETS.length];
    rest = Math.floor(rest / ONSETS.length);
    word += NUCLEI[rest % NUCLEI.length];
    rest = Math.floor(rest / NUCLEI.length);
    word += CODAS[rest % CODAS.length];
    rest = Math.floor(rest / CODAS.length);
  }
  return word;
}

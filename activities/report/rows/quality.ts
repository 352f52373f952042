import type { DataRow, RecipeRow } from '../../../workflows/contracts/data.ts';
import { languageOfRow, perLanguage } from '../../artifacts/languages/per-language.ts';
import { refusal } from '../../filter/rules/refusal.ts';
import { type FilterWords, filterWordsOf } from '../../filter/words/filter-words.ts';

/** A row with what the checks find wrong with it. */
interface FaultyRow {
  row: number;
  faults: readonly string[];
  example: DataRow;
}

export interface QualityFindings {
  /** rows that each check finds fault with, in the order of the checks */
  counts: { fault: string; rule: string; rows: number }[];
  /** rows with any fault */
  faulty: number;
  /** by the row's number, of those that have any */
  faultsOfRow: ReadonlyMap<number, readonly string[]>;
  /** those with the most and the gravest faults, worst first */
  worst: FaultyRow[];
}

interface Check {
  fault: string;
  /** how it is decided, as the report says it */
  rule: string;
  isFault(row: RecipeRow, words: FilterWords): boolean;
}

/**
 * Simple checks by words and lengths, the gravest first. They find what deserves a look, and miss much: a
 * row that they pass may be wrong all the same.
 */
const CHECKS: readonly Check[] = [
  {
    fault: 'empty output',
    rule: 'nothing but white space, or “<nooutput>” and the like',
    isFault: ({ output }) => /^\s*(<?no\s?output>?|n\/a|none)?[\s.]*$/i.test(output),
  },
  {
    fault: 'output repeats what was given',
    rule: 'equals the input or the instruction, white space aside',
    isFault: ({ instruction, input, output }) => {
      const said = normalized(output);
      return said !== '' && (said === normalized(input) || said === normalized(instruction));
    },
  },
  {
    fault: 'refusal',
    rule: 'the output begins with a refusal, or with what the teacher is, in words of the row’s language',
    isFault: (row, words) =>
      words.refusal.selves.begin(row.output.trimStart()) || refusal(row, words) !== null,
  },
  {
    fault: 'something the model cannot see',
    rule: 'speaks of an image, a recording, a link or “the following text”, and none is given',
    isFault: ({ instruction, input }) =>
      input.trim() === '' && UNSEEN.test(instruction.slice(0, 600)) && !BRINGS_ITS_INPUT.test(instruction),
  },
  {
    fault: 'ends in the middle of a sentence',
    rule: 'a last sentence of eight words or more without an end mark, or a comma at the end',
    isFault: ({ output }) => isCutOff(output),
  },
  {
    fault: 'very short instruction',
    rule: 'fewer than three words and fewer than 16 characters',
    isFault: ({ instruction }) =>
      instruction.trim().split(/\s+/, 3).length < 3 && instruction.trim().length < 16,
  },
];

const UNSEEN =
  /\b(the|this|these|that|attached|following|given|provided)\s+(\w+\s+)?(image|picture|photo(graph)?|video|audio|recording|graph|diagram|screenshot|attachment|link|website|url)\b|\bthe following (\w+ )?(text|passage|sentence|paragraph|article|code|table|list|data|poem|story|e-?mail|dialogue|quote|words|numbers)\b|\b((given|shown|listed) (below|above)|(text|passage|sentence|code|table|list|paragraph) below)\b|(다음|첨부된|아래) (그림|사진|영상|글|문장|표)/i;

/** A colon, a line break or quotation marks: the instruction itself holds what it speaks of. */
const BRINGS_ITS_INPUT = /[:：]\s*\S|\n|["“「'‘].{3,}["”」'’]/;

const LINE_END = /[.?!:;…。！？)\]}"'”’»`*>|]\s*$/u;

/** Code and tables end as they like; lists end without marks, but their items are short. */
function isCutOff(output: string): boolean {
  const text = output.trimEnd();
  if (/,$/.test(text)) return true;
  const line = text.slice(Math.max(text.lastIndexOf('\n') + 1, text.length - 2000));
  if (LINE_END.test(line) || /[{};=<>|]|https?:/.test(line)) return false;
  const sentence = line.slice(line.search(/[^.?!]*$/));
  return (
    /\p{L}$/u.test(line) &&
    sentence.trim().split(/\s+/).length >= 8 &&
    !/^\s*([-*•]|\[ ?\]|\d+[.)])\s/.test(line)
  );
}

function normalized(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

const REPEATED = {
  fault: 'repeated row',
  rule: 'the same instruction and input as an earlier row',
};

/**
 * Applies every check to every row. Where rows are as bad as each other, the earlier one is shown.
 *
 * @param language of rows that do not say theirs
 */
export function checkQuality(rows: readonly DataRow[], language: string, shown = 15): QualityFindings {
  const wordsOf = perLanguage(filterWordsOf);
  const seen = new Set<string>();
  const checks = [...CHECKS, REPEATED];
  const counts = checks.map(({ fault, rule }) => ({ fault, rule, rows: 0 }));
  const found: { row: number; faults: number[] }[] = [];
  for (const [row, example] of rows.entries()) {
    const words = wordsOf(languageOfRow(example, language));
    const faults = CHECKS.flatMap((check, place) => (check.isFault(example, words) ? [place] : []));
    const asked = `${example.instruction}\u0000${example.input}`;
    if (seen.has(asked)) faults.push(CHECKS.length);
    seen.add(asked);
    for (const place of faults) {
      const count = counts[place];
      if (count) count.rows += 1;
    }
    if (faults.length > 0) found.push({ row, faults });
  }
  const faultsOfRow = new Map(
    found.map(({ row, faults }) => [row, faults.flatMap((place) => checks[place]?.fault ?? [])]),
  );
  const worst = found
    .sort(
      (a, b) => b.faults.length - a.faults.length || (a.faults[0] ?? 0) - (b.faults[0] ?? 0) || a.row - b.row,
    )
    .slice(0, shown);
  return {
    counts,
    faulty: found.length,
    faultsOfRow,
    worst: worst.flatMap(({ row }) => {
      const example = rows[row];
      return example ? [{ row, faults: faultsOfRow.get(row) ?? [], example }] : [];
    }),
  };
}

/**
 * What kind of task an instruction sets, by words alone: the first rule that finds its words decides. It is a
 * rule, not a reading; the report prints it beside the counts.
 */
export interface Category {
  name: string;
  /** what the report says of the rule */
  rule: string;
  words: RegExp;
}

const OTHER = 'other';

export const CATEGORIES: readonly Category[] = [
  {
    name: 'code',
    rule: 'names a programming language, or code, a function, a query, a regular expression',
    words:
      /\b(python|javascript|typescript|java|sql|html|css|bash|regex|regular expression|c\+\+|docstring|source code|code|algorithm|(a|the|this) function|script)\b|코드|함수|파이썬/i,
  },
  {
    name: 'translation',
    rule: 'translate, or says in which language to answer',
    words:
      /\b(translat\w*|(in|into|to|from) (english|spanish|french|german|italian|portuguese|dutch|japanese|chinese|korean|latin))\b|번역|영어로|한국어로/i,
  },
  {
    name: 'summary',
    rule: 'summarize, shorten, sum up, condense, headline, title',
    words: /\b(summar\w+|shorten|sum up|condense|headline|title|tl;?dr|in a nutshell)\b|요약|제목|줄여/i,
  },
  {
    name: 'classification',
    rule: 'classify, label, true or false, whether, or a choice of given answers',
    words:
      /\b(classif\w+|categor\w+|label|true or false|yes or no|sentiment|whether|judge if|is (it|this|the)\b.*\bor\b|(odd|even|positive|negative|formal|informal|real|fake|spam|correct|incorrect),? or\b)|분류|여부|참인지|맞는지|긍정/i,
  },
  {
    name: 'mathematics',
    rule: 'calculate, solve, add up, how many, how much, percent, equation',
    words:
      /\b(calculat\w+|comput\w+|solve|equation|how (many|much)|percent\w*|sum of|average|add up|multipl\w+|divid\w+|factor)\b|[\d]\s*[-+*/×÷=]\s*\d|계산|더하|몇/i,
  },
  {
    name: 'rewriting',
    rule: 'rewrite, edit, correct, rephrase, convert, replace, combine, sort, format',
    words:
      /\b(re-?writ\w+|rephras\w+|paraphras\w+|edit|correct|fix|mend|proofread|improve|convert|chang\w+|replac\w+|turn|transform|combine|merge|split|sort|order|arrange|format|simplify|soften|make .* (polite|shorter|longer|simpler|formal))\b|고쳐|바꾸|바꿔|다듬|정렬/i,
  },
  {
    name: 'extraction',
    rule: 'find, extract, identify, pick, or a question about a text that is given',
    words:
      /\b(extract|find|identify|pick|locate|highlight|point out|from the (text|passage|list|table|article)|according to|in the (text|passage))\b|찾아|골라|추출/i,
  },
  {
    name: 'writing',
    rule: 'write, compose, draft, a story, poem, letter, mail, dialogue, slogan',
    words:
      /\b(writ\w+|compos\w+|draft|generat\w+|creat\w+|invent|tell (me )?a|story|poem|haiku|limerick|essay|letter|e-?mail|dialogue|slogan|tweet|speech|reply|respond)\b|작성|써\s?줘|쓰세요|지어/i,
  },
  {
    name: 'lists and ideas',
    rule: 'list, name, suggest, give or propose some, ideas, tips, examples',
    words:
      /\b(list|name|suggest|propos\w+|recommend|brainstorm|come up with|ideas?|tips|examples?|give (me )?(a few|some|two|three|four|five|six|ten|\d+))\b|나열|추천|제안|가지/i,
  },
  {
    name: 'explaining and answering',
    rule: 'explain, describe, compare, define, or a question',
    words:
      /\b(explain|describ\w+|compar\w+|contrast|defin\w+|discuss|what|who|whom|when|where|why|which|how|is|are|does|do|can|should)\b|설명|무엇|왜|어떻게|누구|\?/i,
  },
];

/** The name of the first category whose words the instruction has; `other` where none has. */
export function categoryOf(instruction: string): string {
  const start = instruction.slice(0, 600);
  return CATEGORIES.find(({ words }) => words.test(start))?.name ?? OTHER;
}

/**
 * Whether a row has one of few possible answers, as Self-Instruct means it: its instruction has the words of
 * a classification, or offers answers, and its output is no longer than six words. Of the 175 English seed
 * tasks, which carry the right answer, it gets 167 right (a test).
 */
export function isClassification(instruction: string, output: string): boolean {
  const words = output.trim().split(/\s+/, 7).length;
  return words <= 6 && CHOICE.test(instruction.slice(0, 600));
}

const CHOICE =
  /\b(classif\w+|categor\w+|label|rate|grade|true or false|yes or no|sentiment|whether|judge|decide|determine|which (of|team|type|one|category)|sort (this|the) \w+ (as|under|by)|say if|choose from|choices are|mark (it|the)|is (it|this|that|the)|are (they|these|the)|does|do (they|these)|\w+,? or (not )?\w+)\b|분류|여부|인지|일까|중 (하나|어느)|가운데|고르|가요,/i;

export interface CategoryCount {
  name: string;
  rows: number;
  /** of these, classification tasks */
  classification: number;
}

/** Rows by category, the most frequent first, and how many of each are classifications. */
export function countCategories(rows: readonly { instruction: string; output: string }[]): CategoryCount[] {
  const counts = new Map<string, { rows: number; classification: number }>();
  for (const { instruction, output } of rows) {
    const name = categoryOf(instruction);
    const count = counts.get(name) ?? { rows: 0, classification: 0 };
    count.rows += 1;
    if (isClassification(instruction, output)) count.classification += 1;
    counts.set(name, count);
  }
  return [...counts].map(([name, count]) => ({ name, ...count })).sort((a, b) => b.rows - a.rows);
}

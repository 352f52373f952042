import type { InputOf, WorkflowName } from '../start/starts.ts';
import { counted } from './counted.ts';
import { markdownText } from './markdown-text.ts';

/** The single line that the Temporal UI shows, as Markdown, beside a workflow's or a timer's name. */

/** A server refuses 401 bytes, and the workflow's task with them; a UTF-16 unit is three of UTF-8 at the most. */
const LONGEST = 120;

/** What a workflow is for: `The Alpaca recipe: 2000 instructions from offline` */
export function summaryOf<Name extends WorkflowName>(workflow: Name, input: InputOf<Name>): string {
  return cut(SUMMARIES[workflow]?.(input) ?? workflow);
}

/** Whatever has no line here goes by its name. */
const SUMMARIES: { readonly [Name in WorkflowName]?: (input: InputOf<Name>) => string } = {
  alpaca: ({ generate }) => `The Alpaca recipe: ${rowsOf(generate)}`,
  sample: () => 'Sample: the seed tasks and the evaluation instructions',
  generate: (input) => `Generate: ${rowsOf(input)}`,
  dedupe: ({ threshold }) => `Dedupe: rows that resemble none before them, ROUGE-L ${threshold} at the most`,
  filter: ({ rules, decontaminate, grade }) =>
    `Filter: by ${rules.length} rules${decontaminate === null ? '' : `, and overlap with ${decontaminate.files.length} files`}${grade === null ? '' : `, and grades of ${markdownText(grade.judge)}`}`,
  tokenize: ({ maxLength }) => `Tokenize: rows of ${maxLength} tokens at the most`,
  train: ({ epochs, method }) => `Train: ${epochs} epoch${epochs === 1 ? '' : 's'}, ${method}`,
  evaluate: ({ judge }) =>
    `Evaluate: held-out loss, exact match, and pairs that ${markdownText(judge)} judges`,
  release: () => 'Release: data, cards and manifest',
  rate: ({ raters }) => `Rate: a blind comparison by ${raters} ${raters === 1 ? 'person' : 'people'}`,
  rater: ({ rater }) => raterSummary(rater),
  notify: ({ run, endpoints }) =>
    `Notify: ${counted(endpoints.length, 'webhook')} of ${markdownText(run.workflowId)}`,
  rateLimit: ({ profile }) => `Rate limit: what a fleet asks of the teacher ${markdownText(profile)}`,
};

/** `Rater 3`, of the number 2: they are counted from 0 */
export function raterSummary(rater: number): string {
  return `Rater ${rater + 1}`;
}

function rowsOf({ target, teacher, from }: InputOf<'alpaca'>['generate']): string {
  return from === null ? `${target} instructions from ${markdownText(teacher)}` : 'rows that exist';
}

/** `train, a step of my-run` */
export function stepSummary(name: string, workflowId: string): string {
  return cut(`${name}, a step of ${markdownText(workflowId)}`);
}

/** The ends of a long name tell more than its middle. */
function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}..${text.slice(2 - LONGEST / 2)}`;
}

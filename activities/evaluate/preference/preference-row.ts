import { askingContent } from '../../../workflows/contracts/data/conversation.ts';
import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { formatPrompt } from '../../tokenize/templates.ts';

/** A prompt with a chosen and a rejected answer: the preference format that DPO trainers read. */

interface Message {
  role: 'user' | 'assistant';
  content: string;
}

/** TRL's standard form is texts, its conversational one lists of messages; both name the prompt. */
export interface PreferenceRow {
  prompt: string | Message[];
  chosen: string | Message[];
  rejected: string | Message[];
  provenance: JudgedProvenance | GradedProvenance;
}

/** Where a pair of two answers came from that was judged as a pair. */
interface JudgedProvenance {
  /** the file, or the id of the workflow, and the row in it from 0 */
  source: string;
  row: number;
  /** the judge, or `people` */
  annotator: string;
  chosenBy: string;
  rejectedBy: string;
  /** above 0.5, at most 1: of people the share of votes for the chosen answer, a tie counting half */
  confidence: number;
  votes?: { rater: number; for: 'chosen' | 'rejected' | 'tie' }[];
}

/** The same of two rows that were graded, each by itself. */
interface GradedProvenance {
  source: string;
  /** the places of the chosen row and of the rejected one in what was filtered, from 0 */
  row: number;
  rejectedRow: number;
  /** the judge */
  annotator: string;
  grades: { chosen: number; rejected: number };
}

export type PreferenceForm = 'plain' | 'conversational';

/** How many pairs gave a row, and why the others gave none. */
interface PreferenceCounts {
  pairs: number;
  /** neither was better, both answers are the same, or grades lie less than 2 apart */
  ties: number;
  /** the judge preferred another answer when their order was exchanged */
  disagreements: number;
  /** without a verdict that could be read */
  unjudged: number;
}

export interface PreferencePairs {
  rows: PreferenceRow[];
  counts: PreferenceCounts;
}

/** A text has the recipe's template, which an answer follows at once; a conversation has what a person would write. */
export function textsOf(
  { instruction, input }: Pick<RecipeRow, 'instruction' | 'input'>,
  chosen: string,
  rejected: string,
  form: PreferenceForm,
): Pick<PreferenceRow, 'prompt' | 'chosen' | 'rejected'> {
  if (form === 'plain') return { prompt: formatPrompt({ instruction, input }), chosen, rejected };
  return {
    prompt: [{ role: 'user', content: askingContent({ instruction, input }) }],
    chosen: [{ role: 'assistant', content: chosen }],
    rejected: [{ role: 'assistant', content: rejected }],
  };
}

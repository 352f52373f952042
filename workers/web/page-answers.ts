import type { Agreement, Choice, RatingMode } from '../../workflows/contracts/rate.ts';

/** What the web service answers to the scripts of its pages: both sides are checked against it. */

/** Progress as the page shows it: written by the server once and, while the run goes on, by its script. */
export interface ShownProgress {
  accepted: string;
  cost: string;
  loss: string;
  eta: string;
  stages: ShownStage[];
}

export interface ShownStage {
  name: string;
  state: string;
  /** from 0 to 1 */
  share: number;
  done: string;
  note: string;
}

/** What the page of a run is told by `/runs/RUN/changes`, and once by `/runs/RUN/shown`. */
export interface ShownRun {
  closedAt: string | null;
  /** what the run is doing, in one line */
  state: string;
  /** the command that lets it go on; empty where it waits for nothing */
  command: string;
  shown: ShownProgress | null;
  /** what can be done now: paths beneath the run in the API, such as `updates/pause` */
  controls: string[];
  /** markup of the parts that are put in place whole, by their names; all text in it is escaped */
  parts: Record<'curves' | 'spent' | 'rows', string>;
}

/** Where a rater stands. */
export interface ShownSeat {
  mode: RatingMode;
  /** how many items are the rater's */
  items: number;
  /** by item */
  choices: Choice[];
  /** by item, how often it was voted on; what is absent was not */
  revisions: number[];
  finished: boolean;
}

/** What a rater sees of one item. */
export interface ShownItem {
  instruction: string;
  input: string;
  /** two answers, in this rater's order; or one */
  answers: string[];
}

/** What a rater who is done sees of the comparison. */
export interface ShownTally {
  summary: string;
  votes: number;
  agreement: Agreement | null;
  raters: number;
  done: number;
}

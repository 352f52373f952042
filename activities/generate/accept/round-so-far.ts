import type { DataRow, StageTask } from '../../../workflows/contracts/data.ts';
import type { RequestYield } from '../../../workflows/contracts/generate.ts';
import type { AcceptRoundResult } from '../../../workflows/contracts/generate-activities.ts';
import type { RefusedRow } from './newest.ts';

/** What a round has taken, before it is stored. */
export interface RoundSoFar extends Omit<AcceptRoundResult, 'pool' | 'accepted' | 'observed' | 'byShare'> {
  rows: (DataRow | StageTask)[];
  /** what became of each request, in order */
  lines: RequestYield[];
  byShare: Record<string, number>;
  /** the last that were read and not accepted */
  refused: RefusedRow[];
}

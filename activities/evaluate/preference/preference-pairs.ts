import { z } from 'zod';
import { readRows, streamRows } from '../../artifacts/rows.ts';
import { shareIn } from '../answers/model-outputs.ts';
import { gradedPairsOf, gradedRow } from './graded-pairs.ts';
import { type PreferenceForm, type PreferencePairs, type PreferenceRow, textsOf } from './preference-row.ts';

/** Judged pairs as chosen and rejected answers: the preference format that DPO trainers read. */

/** One judged pair: of `evaluate`, of `rate`, or of AlpacaEval. */
const judged = z.object({
  instruction: z.string().min(1),
  input: z.string().default(''),
  output_1: z.string(),
  generator_1: z.string(),
  output_2: z.string(),
  generator_2: z.string(),
  annotator: z.string().default(''),
  preference: z.number().nullish(),
  /** of a judge that saw both orders */
  verdicts: z.object({ agree: z.boolean() }).nullish(),
  /** of people; A is `output_2` */
  votes: z.array(z.object({ rater: z.number(), verdict: z.enum(['A', 'B', 'tie']) })).nullish(),
});
type JudgedPair = z.infer<typeof judged>;

/**
 * The pairs of a file in which one answer is preferred, in the order of the file: of judged pairs, or of graded rows.
 *
 * @param source what the rows' provenance calls the file
 * @throws AlpacaError InvalidInput naming the row that is no judged pair
 */
export async function preferencePairsOf(
  path: string,
  source: string,
  form: PreferenceForm,
): Promise<PreferencePairs> {
  if (await isGraded(path)) return gradedPairsOf(path, source, form);
  const counts = { pairs: 0, ties: 0, disagreements: 0, unjudged: 0 };
  const rows: PreferenceRow[] = [];
  for (const [row, pair] of (await readRows(path, judged, source)).entries()) {
    const share = shareIn(pair.preference);
    if (share === null) counts.unjudged += 1;
    else if (pair.verdicts?.agree === false) counts.disagreements += 1;
    else if (share === 0.5 || pair.output_1 === pair.output_2) counts.ties += 1;
    else {
      counts.pairs += 1;
      rows.push(rowOf(pair, share, { source, row }, form));
    }
  }
  return { rows, counts };
}

async function isGraded(path: string): Promise<boolean> {
  for await (const first of streamRows(path, z.unknown())) return gradedRow.safeParse(first).success;
  return false;
}

/** @param share of `output_2` in the verdicts, from 0 to 1 */
function rowOf(
  pair: JudgedPair,
  share: number,
  place: { source: string; row: number },
  form: PreferenceForm,
): PreferenceRow {
  const first = { text: pair.output_1, by: pair.generator_1 };
  const second = { text: pair.output_2, by: pair.generator_2 };
  const [chosen, rejected] = share > 0.5 ? [second, first] : [first, second];
  const winner = share > 0.5 ? 'A' : 'B';
  const votes = pair.votes?.map(({ rater, verdict }) => {
    const other = verdict === winner ? 'chosen' : 'rejected';
    return { rater, for: verdict === 'tie' ? 'tie' : other } as const;
  });
  return {
    ...textsOf(pair, chosen.text, rejected.text, form),
    provenance: {
      ...place,
      annotator: pair.annotator,
      chosenBy: chosen.by,
      rejectedBy: rejected.by,
      confidence: Math.max(share, 1 - share),
      ...(votes && { votes }),
    },
  };
}

import type { CorpusDecisions } from './corpus.ts';
import { MOST_SIMILAR } from './similarity.ts';

/** A row with an instruction, and whatever else it came with. */
export interface InstructionRow {
  instruction: string;
}

/** A deduped corpus: its rows, what they were compared against, and what was decided. */
export interface Outcome<Row> {
  rows: readonly Row[];
  against: readonly string[];
  decisions: CorpusDecisions;
}

/** The accepted rows as they came, in order. */
export function* keptRows<Row>({ rows, decisions }: Outcome<Row>): Generator<Row> {
  for (const [index, row] of rows.entries()) if (decisions.resembles[index] === -1) yield row;
}

/** The rejected rows, each with the instruction it resembles and their ROUGE-L F-measure. */
export function* rejectedRows<Row extends InstructionRow>(
  outcome: Outcome<Row>,
): Generator<Row & { mostSimilar: string; score: number }> {
  const { rows, decisions } = outcome;
  for (const [index, row] of rows.entries()) {
    const text = decisions.resembles[index] ?? -1;
    if (text === -1) continue;
    yield { ...row, mostSimilar: instructionOf(outcome, text), score: decisions.scores[index] ?? 0 };
  }
}

/**
 * The accepted rows with the recipe's two fields: `most_similar_instructions`, the ten best of the pool as it
 * stood, from text to score, and `avg_similarity_score`, the mean over the whole pool. None in `threshold`
 * mode.
 */
export function* similarityRows<Row extends InstructionRow>(
  outcome: Outcome<Row>,
): Generator<Row & { most_similar_instructions: Record<string, number>; avg_similarity_score: number }> {
  const { similarity } = outcome.decisions;
  if (similarity === null) return;
  let accepted = 0;
  for (const row of keptRows(outcome)) {
    const best: Array<[string, number]> = [];
    for (let rank = accepted * MOST_SIMILAR; rank < (accepted + 1) * MOST_SIMILAR; rank += 1) {
      const text = similarity.texts[rank] ?? -1;
      if (text !== -1) best.push([instructionOf(outcome, text), similarity.scores[rank] ?? 0]);
    }
    yield {
      ...row,
      most_similar_instructions: Object.fromEntries(best),
      avg_similarity_score: similarity.averages[accepted] ?? 0,
    };
    accepted += 1;
  }
}

/** The instruction of a text by its number; the numbers count what was compared against first. */
export function instructionOf<Row extends InstructionRow>(
  { rows, against }: Outcome<Row>,
  text: number,
): string {
  return against[text] ?? rows[text - against.length]?.instruction ?? '';
}

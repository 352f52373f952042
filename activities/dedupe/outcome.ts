import type { CorpusDecisions } from './corpus/corpus.ts';
import { MOST_SIMILAR } from './corpus/similarity.ts';
import { resemblesByEither } from './embedding/embedding-pass.ts';

/** A row with an instruction, and whatever else it came with. */
export interface InstructionRow {
  instruction: string;
}

/** A deduped corpus: its rows, what they were compared against, and what was decided. */
export interface DedupeOutcome<Row> {
  rows: readonly Row[];
  /** rows that go where one goes, by its place: further instances of its task */
  others?: ReadonlyMap<number, readonly Row[]>;
  against: readonly string[];
  decisions: CorpusDecisions;
}

/** The accepted rows as they came, in order. */
export function* keptRows<Row>(outcome: DedupeOutcome<Row>): Generator<Row> {
  for (const rows of keptTasks(outcome)) yield* rows;
}

/** The same by what was compared: a row, and those that go where it goes. */
function* keptTasks<Row>({ rows, others, decisions }: DedupeOutcome<Row>): Generator<Row[]> {
  const resembles = resemblesByEither(decisions.resembles, decisions.embedding);
  for (const [index, row] of rows.entries())
    if (resembles[index] === -1) yield [row, ...(others?.get(index) ?? [])];
}

/** Why a row was rejected: the instruction it resembles, and how much. */
export interface Rejection {
  /** which pass rejected it; absent where there was only ROUGE-L */
  rule?: 'rouge' | 'embedding';
  mostSimilar: string;
  /** the ROUGE-L F-measure */
  score?: number;
  /** of the two embeddings */
  cosine?: number;
}

/** The rejected rows in order, each with why. */
export function* rejectedRows<Row extends InstructionRow>(
  outcome: DedupeOutcome<Row>,
): Generator<Row & Rejection> {
  const { rows, decisions } = outcome;
  const { embedding } = decisions;
  for (const [index, first] of rows.entries()) {
    const ofTask = [first, ...(outcome.others?.get(index) ?? [])];
    const text = decisions.resembles[index] ?? -1;
    const semantic = embedding?.resembles[index] ?? -1;
    if (text !== -1) {
      const rule = embedding === null ? {} : ({ rule: 'rouge' } as const);
      const score = decisions.scores[index] ?? 0;
      const why = { ...rule, mostSimilar: instructionOf(outcome, text), score };
      yield* ofTask.map((row) => ({ ...row, ...why }));
    } else if (semantic !== -1) {
      const cosine = embedding?.cosines[index] ?? 0;
      const why = { rule: 'embedding' as const, mostSimilar: instructionOf(outcome, semantic), cosine };
      yield* ofTask.map((row) => ({ ...row, ...why }));
    }
  }
}

/**
 * The accepted rows with the recipe's two fields: `most_similar_instructions`, the ten best of the pool as it
 * stood, from text to score, and `avg_similarity_score`, the mean over the whole pool. None in `threshold`
 * mode.
 */
export function* similarityRows<Row extends InstructionRow>(
  outcome: DedupeOutcome<Row>,
): Generator<Row & { most_similar_instructions: Record<string, number>; avg_similarity_score: number }> {
  const { similarity } = outcome.decisions;
  if (similarity === null) return;
  let accepted = 0;
  for (const rows of keptTasks(outcome)) {
    const best: Array<[string, number]> = [];
    for (let rank = accepted * MOST_SIMILAR; rank < (accepted + 1) * MOST_SIMILAR; rank += 1) {
      const text = similarity.texts[rank] ?? -1;
      if (text !== -1) best.push([instructionOf(outcome, text), similarity.scores[rank] ?? 0]);
    }
    const measured = {
      most_similar_instructions: Object.fromEntries(best),
      avg_similarity_score: similarity.averages[accepted] ?? 0,
    };
    yield* rows.map((row) => ({ ...row, ...measured }));
    accepted += 1;
  }
}

/** The instruction of a text by its number; the numbers count what was compared against first. */
export function instructionOf<Row extends InstructionRow>(
  { rows, against }: DedupeOutcome<Row>,
  text: number,
): string {
  return against[text] ?? rows[text - against.length]?.instruction ?? '';
}

import type {
  DuplicatesReport,
  EmbeddingPass,
  PlacedRow,
  RepeatedRow,
} from '../../workflows/contracts/dedupe.ts';
import { type DedupeOutcome, type InstructionRow, instructionOf } from './outcome.ts';
import { type ChosenTokenization, tokenizationOf } from './tokenization-choice.ts';

/** How much of what was found a report lists: some megabytes at the most, however large the corpus. */
const LISTED = { duplicates: 500, clusters: 200, rowsOfCluster: 20, characters: 500 } as const;

export interface DuplicateCounts extends ChosenTokenization {
  rows: number;
  kept: number;
  rejected: number;
  /** rows whose instruction came before, character for character, in the corpus or in `against` */
  exactDuplicates: number;
  /** rows rejected because all their tokens are another's, in the same order: exact ones but for case and punctuation */
  normalizedDuplicates: number;
  /** kept instructions (or such of `against`) that at least one rejected row resembles */
  clusters: number;
  /** the most rejected rows that resemble one instruction */
  largestCluster: number;
  /** what the pass by embeddings found and cost; null where there was none */
  embedding: EmbeddingPass | null;
}

export function countDuplicates(outcome: DedupeOutcome<InstructionRow>): DuplicateCounts {
  const { rows, kept, rejected, exactDuplicates, normalizedDuplicates, clusters } = reportDuplicates(outcome);
  return {
    ...{ rows, kept, rejected },
    exactDuplicates: exactDuplicates.total,
    normalizedDuplicates: normalizedDuplicates.total,
    clusters: clusters.total,
    largestCluster: clusters.largest,
    ...tokenizationOf(outcome),
    embedding: embeddingPassOf(outcome),
  };
}

/** What the pass by embeddings found and cost, in numbers; null where there was none. */
export function embeddingPassOf({ decisions }: DedupeOutcome<unknown>): EmbeddingPass | null {
  if (decisions.embedding === null) return null;
  const { resembles, model, dimensions, costs } = decisions.embedding;
  const sizes = sizesByKept(resembles);
  return {
    ...{ model, dimensions, rejected: totalOf(sizes), clusters: sizes.length },
    ...{ largestCluster: sizes[0]?.size ?? 0, ...costs },
  };
}

/** What was found, with the first duplicates and the largest clusters by name. */
export function reportDuplicates(outcome: DedupeOutcome<InstructionRow>): DuplicatesReport {
  const { rows, decisions } = outcome;
  const { embedding } = decisions;
  const clusters = sizesByKept(decisions.resembles);
  const semantic = embedding === null ? [] : sizesByKept(embedding.resembles);
  const rejected = totalOf(clusters) + totalOf(semantic);
  return {
    ...{ rows: rows.length, kept: rows.length - rejected, rejected },
    exactDuplicates: listed(exactDuplicates(outcome)),
    normalizedDuplicates: listed(normalizedDuplicates(outcome)),
    clusters: describe(clusters, outcome, decisions.resembles, (placed, index) => ({
      ...placed,
      score: decisions.scores[index] ?? 0,
    })),
    ...(embedding === null
      ? {}
      : {
          embedding: {
            model: embedding.model,
            rejected: totalOf(semantic),
            clusters: describe(semantic, outcome, embedding.resembles, (placed, index) => ({
              ...placed,
              cosine: embedding.cosines[index] ?? 0,
            })),
          },
        }),
  };
}

function listed(found: Iterable<RepeatedRow>): { total: number; listed: RepeatedRow[] } {
  const first: RepeatedRow[] = [];
  let total = 0;
  for (const row of found) {
    total += 1;
    if (first.length < LISTED.duplicates) first.push(row);
  }
  return { total, listed: first };
}

function* exactDuplicates(outcome: DedupeOutcome<InstructionRow>): Generator<RepeatedRow> {
  const { against, rows } = outcome;
  const firstText = new Map<string, number>();
  for (const [text, instruction] of against.entries())
    if (!firstText.has(instruction)) firstText.set(instruction, text);
  for (const [index, { instruction }] of rows.entries()) {
    const text = against.length + index;
    const first = firstText.get(instruction);
    if (first === undefined) firstText.set(instruction, text);
    else yield { ...placed(outcome, text), repeats: placed(outcome, first) };
  }
}

function* normalizedDuplicates(outcome: DedupeOutcome<InstructionRow>): Generator<RepeatedRow> {
  const { against, decisions } = outcome;
  for (const [index, resembled] of decisions.resembles.entries())
    if (resembled !== -1 && decisions.scores[index] === 1)
      yield { ...placed(outcome, against.length + index), repeats: placed(outcome, resembled) };
}

interface ClusterSize {
  /** the text number of the row that was kept */
  kept: number;
  size: number;
}

/** Largest first, and among equals the one whose kept row came first. */
function sizesByKept(resembles: Int32Array): ClusterSize[] {
  const sizes = new Map<number, number>();
  for (const text of resembles) if (text !== -1) sizes.set(text, (sizes.get(text) ?? 0) + 1);
  return Array.from(sizes, ([kept, size]) => ({ kept, size })).sort(
    (a, b) => b.size - a.size || a.kept - b.kept,
  );
}

function totalOf(clusters: readonly ClusterSize[]): number {
  return clusters.reduce((sum, { size }) => sum + size, 0);
}

function describe<Member>(
  clusters: readonly ClusterSize[],
  outcome: DedupeOutcome<InstructionRow>,
  resembles: Int32Array,
  memberOf: (row: PlacedRow, index: number) => Member,
): { total: number; largest: number; listed: { kept: PlacedRow; size: number; rejected: Member[] }[] } {
  const largest = clusters.slice(0, LISTED.clusters);
  const members = new Map<number, Member[]>(largest.map(({ kept }) => [kept, []]));
  for (const [index, text] of resembles.entries()) {
    const rows = members.get(text);
    if (rows === undefined || rows.length === LISTED.rowsOfCluster) continue;
    rows.push(memberOf(placed(outcome, outcome.against.length + index), index));
  }
  return {
    total: clusters.length,
    largest: clusters[0]?.size ?? 0,
    listed: largest.map(({ kept, size }) => ({
      kept: placed(outcome, kept),
      size,
      rejected: members.get(kept) ?? [],
    })),
  };
}

function placed(outcome: DedupeOutcome<InstructionRow>, text: number): PlacedRow {
  const { length } = outcome.against;
  const instruction = cut(instructionOf(outcome, text));
  return text < length
    ? { from: 'against', row: text, instruction }
    : { from: 'data', row: text - length, instruction };
}

/** Cut between characters, never inside a surrogate pair. */
function cut(text: string): string {
  if (text.length <= LISTED.characters) return text;
  return `${text.slice(0, LISTED.characters).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

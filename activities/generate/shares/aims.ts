/** A row that a prompt sees: which cell it is in, and which prompt it came from. */
export interface PlacedRow {
  cell: number;
  request: number;
  prompt: number;
}

export interface AimSettings {
  /** of all rows, by cell; they add up to 1 */
  targets: readonly number[];
  promptsPerRequest: number;
  /** how many requests lie between what a prompt sees and itself */
  seesAfter: number;
  /** rows that a prompt asks for */
  rowsPerPrompt: number;
}

/** Which cell each prompt of a run asks for, as far as its rows are known. */
export interface Aims {
  /**
   * @param seenBefore the rows that a request sees, in order; those of an earlier request are the first of a later one's
   */
  of(request: number, prompt: number, seenBefore: (request: number) => readonly PlacedRow[]): number;
  /** Whether rows go on from those that these aims were made by. @param taken requests of which they are known */
  goesOnFrom(taken: number, seenBefore: (request: number) => readonly PlacedRow[]): boolean;
}

/**
 * Each prompt asks for the cell after which the rows that are expected lie closest to the targets. Expected are the rows that
 * the prompt sees, what the prompts between bring and its own, by what prompts with that aim have brought so far: a teacher that
 * keeps to an aim in part is reckoned with, and an aim that brings nothing of its own any more is given up. A function of the
 * settings and the rows seen.
 */
export function createAims({ targets, promptsPerRequest, seesAfter, rowsPerPrompt }: AimSettings): Aims {
  const cells = targets.map((_, cell) => cell);
  const aims: number[][] = [];
  /** rows seen, by cell */
  const counts = targets.map(() => 0);
  /** rows that a prompt brings by aim and cell; before any is seen, as if each kept to its aim */
  const brings = cells.map((aim) => cells.map((cell) => (cell === aim ? rowsPerPrompt : 0)));
  let rowsSeen = 0;
  let lastSeen: PlacedRow | undefined;
  let requestsSeen = 0;

  /** What a prompt brings changes as more and more is too similar: later ones say more of the next. */
  function see(request: number, rows: readonly PlacedRow[]): void {
    for (; requestsSeen < request - seesAfter; requestsSeen += 1)
      for (const [prompt, aim] of (aims[requestsSeen] ?? []).entries()) {
        const brought = targets.map(() => 0);
        for (; isOf(rows[rowsSeen], requestsSeen, prompt); rowsSeen += 1) {
          lastSeen = rows[rowsSeen];
          const cell = lastSeen?.cell ?? 0;
          brought[cell] = at(brought, cell) + 1;
          counts[cell] = at(counts, cell) + 1;
        }
        brings[aim] = lineOf(brings, aim).map(
          (before, cell) => before + (at(brought, cell) - before) * LATEST,
        );
      }
  }

  function aimsOf(request: number): number[] {
    const rows = [...counts];
    const add = (aim: number) => {
      for (const cell of cells) rows[cell] = at(rows, cell) + at(lineOf(brings, aim), cell);
    };
    for (const between of aims.slice(Math.max(0, request - seesAfter)).flat()) add(between);
    return Array.from({ length: promptsPerRequest }, () => {
      const aim = closest(rows, brings, targets);
      add(aim);
      return aim;
    });
  }

  return {
    of(request, prompt, seenBefore) {
      // What earlier requests see is the beginning of it.
      const rows = aims.length <= request ? seenBefore(request) : [];
      while (aims.length <= request) {
        see(aims.length, rows);
        aims.push(aimsOf(aims.length));
      }
      return at(aims[request] ?? [], prompt);
    },
    goesOnFrom(taken, seenBefore) {
      if (taken < requestsSeen) return false;
      const rows = seenBefore(requestsSeen + seesAfter);
      return rows.length === rowsSeen && rows.at(-1) === lastSeen;
    },
  };
}

/** The aim after which rows lie closest to the targets, of those that bring rows of their own, if any does; of equal ones the first. */
function closest(rows: readonly number[], brings: readonly number[][], targets: readonly number[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  const isWorthIt = (aim: number) => at(targets, aim) > 0 && at(lineOf(brings, aim), aim) >= FEWEST_ROWS;
  const aims = brings.map((_, aim) => aim);
  const left = aims.some(isWorthIt) ? aims.filter(isWorthIt) : aims.filter((aim) => at(targets, aim) > 0);
  for (const aim of left) {
    const more = lineOf(brings, aim);
    const after = rows.map((count, cell) => count + at(more, cell));
    const total = after.reduce((sum, count) => sum + count, 0);
    const distance = after.reduce((sum, count, cell) => sum + (count - at(targets, cell) * total) ** 2, 0);
    if (distance < least) [best, least] = [aim, distance];
  }
  return best;
}

function isOf(row: PlacedRow | undefined, request: number, prompt: number): boolean {
  return row?.request === request && row.prompt === prompt;
}

/** Rows of its own that a prompt is expected to bring, below which an aim is given up: after some 16 prompts without any. */
const FEWEST_ROWS = 0.5;

/** How much the latest prompt of an aim says of the next, beside all before it. */
const LATEST = 0.2;

function lineOf(table: readonly (readonly number[])[], index: number): readonly number[] {
  return table[index] ?? [];
}

function at(list: readonly number[], index: number): number {
  return list[index] ?? 0;
}

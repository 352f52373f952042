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

/**
 * Which cell each prompt asks for: the one after which the rows that are expected lie closest to the targets. Expected are
 * the rows that the prompt sees, what the prompts between bring and its own, by what prompts with that aim have brought so far:
 * a teacher that keeps to an aim in part, or not at all, is reckoned with. A function of the settings and the rows seen.
 *
 * @param seenBefore the rows that a request sees, in order; those of an earlier request are the first of a later one's
 */
export function createAims(
  { targets, promptsPerRequest, seesAfter, rowsPerPrompt }: AimSettings,
  seenBefore: (request: number) => readonly PlacedRow[],
): (request: number, prompt: number) => number {
  const cells = targets.map((_, cell) => cell);
  const aims: number[][] = [];
  /** rows seen, by cell */
  const counts = targets.map(() => 0);
  /** rows that a prompt brings by aim and cell; before any is seen, as if each kept to its aim */
  const brings = cells.map((aim) => cells.map((cell) => (cell === aim ? rowsPerPrompt : 0)));
  let rowsSeen = 0;
  let requestsSeen = 0;

  /** What a prompt brings changes as more and more is too similar: later ones say more of the next. */
  function see(request: number): void {
    const rows = seenBefore(request);
    for (; requestsSeen < request - seesAfter; requestsSeen += 1)
      for (const [prompt, aim] of (aims[requestsSeen] ?? []).entries()) {
        const brought = targets.map(() => 0);
        for (; isOf(rows[rowsSeen], requestsSeen, prompt); rowsSeen += 1) {
          const cell = rows[rowsSeen]?.cell ?? 0;
          brought[cell] = at(brought, cell) + 1;
          counts[cell] = at(counts, cell) + 1;
        }
        brings[aim] = lineOf(brings, aim).map(
          (before, cell) => before + (at(brought, cell) - before) * LATEST,
        );
      }
  }

  function aimsOf(request: number): number[] {
    see(request);
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

  return (request, prompt) => {
    while (aims.length <= request) aims.push(aimsOf(aims.length));
    return at(aims[request] ?? [], prompt);
  };
}

/** The aim after which rows lie closest to the targets; of equal ones the first. */
function closest(rows: readonly number[], brings: readonly number[][], targets: readonly number[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [aim, more] of brings.entries()) {
    if (at(targets, aim) === 0) continue;
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

/** How much the latest prompt of an aim says of the next, beside all before it. */
const LATEST = 0.2;

function lineOf(table: readonly (readonly number[])[], index: number): readonly number[] {
  return table[index] ?? [];
}

function at(list: readonly number[], index: number): number {
  return list[index] ?? 0;
}

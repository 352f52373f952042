/** The textbook dynamic program, row by row: what every faster way must agree with. */
export function plainLcs(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (let i = 0; i < a.length; i += 1) {
    const row = [0];
    for (let j = 0; j < b.length; j += 1)
      row.push(a[i] === b[j] ? (above[j] ?? 0) + 1 : Math.max(above[j + 1] ?? 0, row[j] ?? 0));
    above = row;
  }
  return above[b.length] ?? 0;
}

export function plainRougeL(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  const lcs = plainLcs(a, b);
  if (lcs === 0) return 0;
  const precision = lcs / a.length;
  const recall = lcs / b.length;
  return (2 * precision * recall) / (precision + recall);
}

/** Every row's score against `candidate`, highest first and the earlier first among equals. */
export function plainRanking(
  candidate: ArrayLike<unknown>,
  rows: ReadonlyArray<ArrayLike<unknown>>,
): Array<{ row: number; score: number }> {
  return rows
    .map((other, row) => ({ row, score: plainRougeL(candidate, other) }))
    .sort((a, b) => b.score - a.score || a.row - b.row);
}

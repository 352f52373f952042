/**
 * Puts rows together so that each bin holds at most `capacity` tokens, none split: best fit, longest first. A
 * row goes to the fullest bin that has room for it. A row longer than the capacity has a bin to itself.
 *
 * @param rows row indices; @param lengths tokens by row index
 * @returns the bins, fullest first; a function of the arguments alone
 */
export function packBestFit(
  rows: readonly number[],
  lengths: readonly number[],
  capacity: number,
): number[][] {
  const lengthOf = (row: number) => lengths[row] ?? 0;
  const bins: { rows: number[]; room: number }[] = [];
  // Bins by the room they have left.
  const open = new Map<number, number[]>();
  for (const row of rows.toSorted((a, b) => lengthOf(b) - lengthOf(a) || a - b)) {
    const length = lengthOf(row);
    const index = takeTightest(open, length, capacity) ?? bins.push({ rows: [], room: capacity }) - 1;
    const bin = bins[index];
    if (!bin) continue;
    bin.rows.push(row);
    bin.room -= length;
    const alike = open.get(bin.room);
    if (alike) alike.push(index);
    else open.set(bin.room, [index]);
  }
  return bins.toSorted((a, b) => a.room - b.room).map((bin) => bin.rows);
}

function takeTightest(open: Map<number, number[]>, length: number, capacity: number): number | undefined {
  for (let room = length; room <= capacity; room += 1) {
    const index = open.get(room)?.pop();
    if (index !== undefined) return index;
  }
  return undefined;
}

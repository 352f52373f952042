import {
  add,
  addFloats,
  assemble,
  type Code,
  constant,
  get,
  I32,
  lessThan,
  load,
  loadFloatToLanes,
  multiplyFloats,
  repeatWhile,
  set,
  store,
  V128,
  type WasmFunction,
} from '../rouge/assembler.ts';

/** The scalar products that one call computes: of so many rows with so many columns. */
export const TILE = { rows: 4, columns: 8 } as const;

/**
 * `tile(row, rowEnd, rowBytes, panel, out)`, all in bytes of the memory: the scalar products of four rows
 * (the first from `row` to `rowEnd`, each `rowBytes` after the one before) with the eight columns of a
 * panel, in which the eight values of a dimension lie side by side. Writes 4 x 8 floats.
 *
 * Each product is the sum of its terms in order of the dimensions, every multiplication and addition
 * rounded to 32 bits: the same bits on every machine, however the work is divided.
 */
export type DotKernel = (row: number, rowEnd: number, rowBytes: number, panel: number, out: number) => void;

const [ROW, ROW_END, ROW_BYTES, PANEL, OUT] = [0, 1, 2, 3, 4];
/** pointers into the rows after the first */
const POINTERS = [ROW, 5, 6, 7];
const SUMS = POINTERS.map((_, row) => [8 + 2 * row, 9 + 2 * row] as const);
const [LEFT, RIGHT, VALUE] = [16, 17, 18];

function tile(): WasmFunction {
  const next = (pointer: number, bytes: number) => set(pointer, add(get(pointer), constant(bytes)));
  const addTerm = (sum: number, column: number) =>
    set(sum, addFloats(get(sum), multiplyFloats(get(VALUE), get(column))));
  const dimension: Code = [
    ...set(LEFT, load(get(PANEL), 0)),
    ...set(RIGHT, load(get(PANEL), 16)),
    ...POINTERS.flatMap((pointer, row) => [
      ...set(VALUE, loadFloatToLanes(get(pointer), 0)),
      ...(SUMS[row] ?? []).flatMap((sum, half) => addTerm(sum, half === 0 ? LEFT : RIGHT)),
      ...next(pointer, 4),
    ]),
    ...next(PANEL, 32),
  ];
  return {
    name: 'tile',
    parameters: 5,
    locals: [...new Array(3).fill(I32), ...new Array(2 * TILE.rows + 3).fill(V128)],
    body: [
      ...POINTERS.slice(1).flatMap((pointer, before) =>
        set(pointer, add(get(POINTERS[before] ?? ROW), get(ROW_BYTES))),
      ),
      ...repeatWhile(lessThan(get(ROW), get(ROW_END)), dimension),
      ...SUMS.flat().flatMap((sum, place) => store(get(OUT), 16 * place, get(sum))),
    ],
  };
}

/** The kernel over a memory. */
export function createDotKernel(memory: WebAssembly.Memory): DotKernel {
  const module = new WebAssembly.Module(assemble([tile()]));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports.tile as DotKernel;
}

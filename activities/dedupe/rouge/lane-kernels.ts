import {
  add,
  addLanes,
  and,
  assemble,
  type Code,
  constant,
  countOnesLanes,
  firstLane,
  get,
  I32,
  lessThan,
  lessThanLanes,
  load,
  maxLanes,
  multiply,
  not,
  or,
  repeatWhile,
  rotateLanes,
  set,
  store,
  store32,
  subtractLanes,
  V128,
  type WasmFunction,
  zeros,
} from './assembler.ts';

/**
 * The inner loops of `LaneIndex` in WebAssembly SIMD. Rows lie in chunks of 64, a row's bit vector in words
 * of 16 bits: first word 0 of the 64 rows, then word 1 of the 64 rows, and so on. So one 128-bit vector holds
 * the same word of eight rows, a chunk holds eight vectors a word, and one instruction moves eight longest
 * common subsequences one token on.
 */
export const ROWS_PER_CHUNK = 64;
export const BITS_PER_WORD = 16;
/** Bytes that one word of a chunk's 64 rows takes. */
export const WORD_BYTES = (ROWS_PER_CHUNK * BITS_PER_WORD) / 8;

export interface LaneKernels {
  /**
   * One token for rows of one word: rows = (rows + (rows & matches)) | (rows & ~matches), for the bytes
   * [rows, end), a whole number of chunks.
   */
  step(rows: number, matches: number, end: number): void;
  /** The same for rows of several words, with the carry from each word to the next. */
  stepWide(rows: number, matches: number, end: number, words: number): void;
  /**
   * Turns bit vectors into LCS lengths: the zeros of each row, written over its word 0, and for each chunk
   * their sum (exact below 65,536) and their maximum as 32-bit integers at `sums` and `maxima`.
   */
  measure(rows: number, end: number, words: number, sums: number, maxima: number): void;
}

/** Compiles the kernels over `memory`. */
export function createLaneKernels(memory: WebAssembly.Memory): LaneKernels {
  const module = new WebAssembly.Module(assemble([step(), stepWide(), measure()]));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    step: callable(exports, 'step'),
    stepWide: callable(exports, 'stepWide'),
    measure: callable(exports, 'measure'),
  };
}

function callable(exports: WebAssembly.Exports, name: string): (...values: number[]) => void {
  const value = exports[name];
  if (typeof value !== 'function') throw new TypeError(`The kernel ${name} is missing.`);
  return value as (...values: number[]) => void;
}

const VECTORS_PER_WORD = WORD_BYTES / 16;

function step(): WasmFunction {
  const [rows, matches, end, before, common] = [0, 1, 2, 3, 4];
  const vector = (offset: number): Code => [
    ...set(before, load(get(rows), offset)),
    ...set(common, and(get(before), load(get(matches), offset))),
    ...store(
      get(rows),
      offset,
      or(addLanes(get(before), get(common)), subtractLanes(get(before), get(common))),
    ),
  ];
  return {
    name: 'step',
    parameters: 3,
    locals: [V128, V128],
    body: repeatWhile(lessThan(get(rows), get(end)), [
      ...eachVector(vector),
      ...advance(rows, constant(WORD_BYTES)),
      ...advance(matches, constant(WORD_BYTES)),
    ]),
  };
}

function stepWide(): WasmFunction {
  const [rows, matches, end, words, word, offset] = [0, 1, 2, 3, 4, 5];
  const [before, common, sum, carry, overflow] = [6, 7, 8, 9, 10];
  const nextWord = (vectorOffset: number): Code => [
    ...set(before, load(add(get(rows), get(offset)), vectorOffset)),
    ...set(common, and(get(before), load(add(get(matches), get(offset)), vectorOffset))),
    ...set(sum, addLanes(get(before), get(common))),
    ...set(before, subtractLanes(get(before), get(common))),
    ...set(overflow, lessThanLanes(get(sum), get(common))),
    // A carry is all ones, that is -1: taking it away adds one, and overflows where the sum becomes 0.
    ...set(sum, subtractLanes(get(sum), get(carry))),
    ...set(carry, or(get(overflow), lessThanLanes(get(sum), subtractLanes(zeros, get(carry))))),
    ...store(add(get(rows), get(offset)), vectorOffset, or(get(sum), get(before))),
    ...advance(offset, constant(WORD_BYTES)),
    ...advance(word, constant(1)),
  ];
  const column = (vectorOffset: number): Code => [
    ...set(word, constant(0)),
    ...set(offset, constant(0)),
    ...set(carry, zeros),
    ...repeatWhile(lessThan(get(word), get(words)), nextWord(vectorOffset)),
  ];
  return {
    name: 'stepWide',
    parameters: 4,
    locals: [I32, I32, V128, V128, V128, V128, V128],
    body: repeatWhile(lessThan(get(rows), get(end)), [
      ...eachVector(column),
      ...advance(rows, multiply(get(words), constant(WORD_BYTES))),
      ...advance(matches, multiply(get(words), constant(WORD_BYTES))),
    ]),
  };
}

function measure(): WasmFunction {
  const [rows, end, words, sums, maxima, word, address] = [0, 1, 2, 3, 4, 5, 6];
  const [length, sum, maximum] = [7, 8, 9];
  const column = (vectorOffset: number): Code => [
    ...set(length, zeros),
    ...set(word, constant(0)),
    ...set(address, get(rows)),
    ...repeatWhile(lessThan(get(word), get(words)), [
      ...set(length, addLanes(get(length), countOnesLanes(not(load(get(address), vectorOffset))))),
      ...advance(address, constant(WORD_BYTES)),
      ...advance(word, constant(1)),
    ]),
    ...store(get(rows), vectorOffset, get(length)),
    ...set(sum, addLanes(get(sum), get(length))),
    ...set(maximum, maxLanes(get(maximum), get(length))),
  ];
  return {
    name: 'measure',
    parameters: 5,
    locals: [I32, I32, V128, V128, V128],
    body: repeatWhile(lessThan(get(rows), get(end)), [
      ...set(sum, zeros),
      ...set(maximum, zeros),
      ...eachVector(column),
      ...acrossLanes(sum, addLanes),
      ...store32(get(sums), firstLane(get(sum))),
      ...acrossLanes(maximum, maxLanes),
      ...store32(get(maxima), firstLane(get(maximum))),
      ...advance(sums, constant(4)),
      ...advance(maxima, constant(4)),
      ...advance(rows, multiply(get(words), constant(WORD_BYTES))),
    ]),
  };
}

/** The code for each of the eight vectors that one word of a chunk takes, written out one after another. */
function eachVector(code: (offset: number) => Code): Code {
  return Array.from({ length: VECTORS_PER_WORD }, (_, vector) => code(16 * vector)).flat();
}

/** Folds the eight lanes of a local into each of them. */
function acrossLanes(local: number, fold: (a: Code, b: Code) => Code): Code {
  return [4, 2, 1].flatMap((by) => [...set(local, fold(get(local), rotateLanes(get(local), by)))]);
}

function advance(local: number, by: Code): Code {
  return set(local, add(get(local), by));
}

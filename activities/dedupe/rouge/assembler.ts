/**
 * Just enough of a WebAssembly assembler to write SIMD loops as nested expressions: every function returns
 * the bytes of one instruction after those of its operands. Opcodes are those of the core specification
 * (https://webassembly.github.io/spec/core/binary/instructions.html).
 */

/** Code that leaves a value on the stack, or (a statement) nothing. */
export type Code = readonly number[];

export const I32 = 0x7f;
export const V128 = 0x7b;

export interface WasmFunction {
  name: string;
  /** how many i32 parameters it takes; it returns nothing */
  parameters: number;
  /** further locals, numbered after the parameters */
  locals: Array<typeof I32 | typeof V128>;
  body: Code;
}

// locals and control ------------------------------------------------------------------------------------
export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [...value, 0x21, local];
export const constant = (value: number): Code => [0x41, ...signedLeb(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const lessThan = (a: Code, b: Code): Code => [...a, ...b, 0x49];
export const store32 = (address: Code, value: Code): Code => [...address, ...value, 0x36, 2, 0];
/** Runs `body` once, and again for as long as `condition` holds after it. */
export const repeatWhile = (condition: Code, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...condition,
  ...[0x0d, 0],
  0x0b,
];

// vectors of eight unsigned 16-bit lanes ----------------------------------------------------------------
export const load = (address: Code, offset: number): Code => [...address, ...simd(0x00), 1, ...leb(offset)];
export const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  1,
  ...leb(offset),
];
export const zeros: Code = [...simd(0x0c), ...new Array<number>(16).fill(0)];
export const not = (a: Code): Code => [...a, ...simd(0x4d)];
export const and = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x4e)];
export const or = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x50)];
export const addLanes = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x8e)];
export const subtractLanes = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x91)];
export const maxLanes = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x99)];
/** All ones (which is -1) in the lanes where a < b. */
export const lessThanLanes = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x30)];
/** The number of ones in each 16-bit lane: of each byte, then the sums of neighbouring bytes. */
export const countOnesLanes = (a: Code): Code => [...a, ...simd(0x62), ...simd(0x7d)];
/** Reads the lanes from lane `by` on, going round. */
export const rotateLanes = (a: Code, by: number): Code => [
  ...a,
  ...a,
  ...simd(0x0d),
  ...Array.from({ length: 16 }, (_, byte) => byte + 2 * by),
];
export const firstLane = (a: Code): Code => [...a, ...simd(0x19), 0];

// vectors of four 32-bit floats ---------------------------------------------------------------------------
/** One float in all four lanes. */
export const loadFloatToLanes = (address: Code, offset: number): Code => [
  ...address,
  ...simd(0x09),
  2,
  ...leb(offset),
];
export const addFloats = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe4)];
export const multiplyFloats = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe6)];

/** The bytes of a module that imports `env.memory` and exports `functions` under their names. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...vector(new Array(parameters).fill([I32])),
    ...vector([]),
  ]);
  const codes = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, type])), ...body, 0x0b];
    return [...leb(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...text('env'), ...text('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, vector(functions.map((_, index) => leb(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0x00, ...leb(index)]))),
    ...section(10, vector(codes)),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...leb(content.length), ...content];
}

function vector(items: ReadonlyArray<Code>): Code {
  return [...leb(items.length), ...items.flat()];
}

function text(name: string): Code {
  const bytes = new TextEncoder().encode(name);
  return [...leb(bytes.length), ...bytes];
}

function simd(opcode: number): Code {
  return [0xfd, ...leb(opcode)];
}

/** Unsigned LEB128. */
function leb(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function signedLeb(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return done ? [low] : [low | 0x80, ...signedLeb(rest)];
}

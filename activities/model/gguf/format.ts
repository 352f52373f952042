import { AlpacaError } from '../../errors.ts';

/**
 * GGUF, version 3, little-endian: "GGUF", the version, how many tensors and how many keys; the keys with their values; of
 * each tensor its name, its shape (the innermost size first), its format and where it begins; then, from a multiple of
 * the alignment on, the tensors' bytes.
 */
export const MAGIC = 0x46554747;
export const VERSION = 3;
/** Where a file does not say another. */
export const ALIGNMENT = 32;
export const ALIGNMENT_KEY = 'general.alignment';

/** The numbers by which a file names the type of a value. */
export const VALUE_TYPES = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

export type Scalar = number | boolean | string;
export type Metadata = Map<string, Scalar | Scalar[]>;

/** The next multiple of `alignment`. */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

export function badGguf(path: string, how: string, remedy = 'Fetch or convert the file again.'): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} is no GGUF file that can be used: ${how}.`, { remedy });
}

export function cutShort(path: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} is cut short: ${how}.`, {
    remedy: 'Fetch or copy the file again.',
  });
}

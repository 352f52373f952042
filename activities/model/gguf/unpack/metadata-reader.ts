import { badGguf, type Metadata } from '../format.ts';

/** Values of a GGUF file by their keys, each held to its type. */
export class MetadataReader {
  readonly path: string;
  readonly #metadata: Metadata;

  constructor(metadata: Metadata, path: string) {
    this.#metadata = metadata;
    this.path = path;
  }

  /** @throws AlpacaError InvalidInput where it is missing */
  number(key: string): number {
    return this.numberOr(key, null) ?? this.#missing(key);
  }

  numberOr<Other>(key: string, other: Other): number | Other {
    const value = this.#metadata.get(key);
    if (value === undefined) return other;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw badGguf(this.path, `${key} is no number`);
  }

  text(key: string): string {
    return this.textOr(key, null) ?? this.#missing(key);
  }

  textOr<Other>(key: string, other: Other): string | Other {
    const value = this.#metadata.get(key);
    if (value === undefined) return other;
    if (typeof value === 'string') return value;
    throw badGguf(this.path, `${key} is no text`);
  }

  flagOr<Other>(key: string, other: Other): boolean | Other {
    const value = this.#metadata.get(key);
    if (value === undefined) return other;
    if (typeof value === 'boolean') return value;
    throw badGguf(this.path, `${key} is neither true nor false`);
  }

  texts(key: string): string[] {
    return this.#list(key, (item) => typeof item === 'string');
  }

  numbers(key: string): number[] {
    return this.#list(key, (item) => typeof item === 'number');
  }

  #list<Item>(key: string, isItem: (item: unknown) => item is Item): Item[] {
    const value = this.#metadata.get(key) ?? this.#missing(key);
    if (Array.isArray(value)) {
      const items = (value as unknown[]).filter(isItem);
      if (items.length === value.length) return items;
    }
    throw badGguf(this.path, `${key} is no list of what it should hold`);
  }

  #missing(key: string): never {
    throw badGguf(this.path, `it has no ${key}`);
  }
}

/** A number that was written in f32, as the short decimal that it is the nearest to. */
export function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

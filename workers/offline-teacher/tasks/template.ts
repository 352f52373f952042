import type { Random } from './random.ts';
import type { Slot } from './slots.ts';

export type Slots = Readonly<Record<string, Slot>>;
export type Values = Readonly<Record<string, string>>;

/** A text with slots, to be filled and to be read back. */
export class Template {
  readonly text: string;
  /** the slots that it names */
  readonly names: readonly string[];
  readonly #slots: Readonly<Record<string, Slot>>;
  #expression: RegExp | undefined;
  #folded: RegExp | undefined;

  constructor(text: string, slots: Readonly<Record<string, Slot>>) {
    this.names = slotsOf(text);
    const unknown = this.names.find((name) => !(name in slots));
    if (unknown !== undefined)
      throw new TypeError(`"${text}" names the slot {${unknown}}, which is not declared.`);
    this.text = text;
    this.#slots = slots;
  }

  fill(values: Values): string {
    return fillSlots(this.text, values);
  }

  match(text: string): Record<string, string> | null {
    const found = this.#compiled().exec(text)?.groups;
    if (!found) return null;
    const accepted = Object.entries(found).every(([name, value]) => this.#slots[name]?.accepts(value));
    return accepted ? { ...found } : null;
  }

  /** The same of a text that has lost its capitals. */
  matchFolded(text: string): Record<string, string> | null {
    this.#folded ??= new RegExp(this.#compiled().source, 'iu');
    const found = this.#folded.exec(text)?.groups;
    if (!found) return null;
    const values: Record<string, string> = {};
    for (const [name, value] of Object.entries(found)) {
      const restored = restoredBy(this.#slots[name], value);
      if (restored === null) return null;
      values[name] = restored;
    }
    return values;
  }

  /** Compiled when first needed: most processes compose and never recognise. */
  #compiled(): RegExp {
    if (this.#expression) return this.#expression;
    const seen = new Set<string>();
    const source = this.text
      .split(PLACEHOLDER)
      .map((part, index) => {
        if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        if (seen.has(part)) return `\\k<${part}>`;
        seen.add(part);
        return `(?<${part}>${this.#slots[part]?.pattern})`;
      })
      .join('');
    this.#expression = new RegExp(`^${source}$`, 'u');
    return this.#expression;
  }
}

function restoredBy(slot: Slot | undefined, value: string): string | null {
  if (slot?.restore) return slot.restore(value);
  return slot?.accepts(value) ? value : null;
}

export function fillSlots(text: string, values: Values): string {
  return text.replace(PLACEHOLDER, (_, name: string) => values[name] ?? '');
}

/** @param given values that are not drawn */
export function drawValues(slots: Slots, random: Random, given: Values = {}): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, slot] of Object.entries(slots)) values[name] = given[name] ?? slot.draw(random, values);
  return values;
}

/**
 * The share of a phrasing's words that come from its slots, as a few sets of their values show. Two instructions of one
 * phrasing share the rest, and the recipe rejects the second where that is more than 0.7.
 */
export function shareThatVaries(phrasing: string, draws: readonly Values[]): number {
  const fixed = wordsOf(phrasing.replace(PLACEHOLDER, ' ')).length;
  const varied = slotsOf(phrasing).reduce((sum, slot) => sum + wordsThatVary(slot, draws), 0);
  return varied / (fixed + varied);
}

/** How many words a slot brings on average, less those that all its values share ("in", "a"). */
function wordsThatVary(slot: string, draws: readonly Values[]): number {
  const values = draws.map((values) => wordsOf(values[slot] ?? ''));
  const varied = values.map(
    (words) => words.filter((word) => !values.every((other) => other.includes(word))).length,
  );
  return varied.reduce((sum, count) => sum + count, 0) / values.length;
}

export function slotsOf(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, slot = '']) => slot);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

const PLACEHOLDER = /\{([\p{L}\p{N}]+)\}/gu;

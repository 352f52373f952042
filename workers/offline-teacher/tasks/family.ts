import { ENGLISH_OCCASIONS, withOccasion } from './occasions.ts';
import { createRandom, type Random } from './random.ts';
import { ENGLISH_CONTEXT, type Slot } from './slots.ts';

/** A task as a teacher writes it; `input` is empty where there is none. */
export interface Task {
  instruction: string;
  input: string;
  output: string;
  /** the name of the family that composed it */
  family: string;
}

/**
 * A kind of task whose right answer can be computed. A family composes tasks, and recognises a task again
 * by its text alone: the slots are read back from the phrasing and the answer is computed anew.
 */
export interface TaskFamily {
  readonly name: string;
  /** the name of its language's folder */
  readonly language: string;
  /** how often it is drawn, relative to the others */
  readonly weight: number;
  readonly phrasings: readonly string[];
  readonly hasInput: boolean;
  /** its answers are a few labels */
  readonly isClassification: boolean;
  compose(random: Random): Task;
  /** The right answer, or null where the text is no task of this family. Takes normalised text. */
  recognise(instruction: string, input: string): string | null;
  /** An input for an instruction that has lost its capitals, and the answer to it; null where it is none of this family. */
  instance(instruction: string, random: Random): Pick<Task, 'input' | 'output'> | null;
}

/** What every family of a language may say of who asks, and when. */
export interface Surroundings {
  language: string;
  /** slots that a phrasing may use without declaring them; no answer reads them */
  context: Readonly<Record<string, Slot>>;
  occasions: readonly string[];
}

const ENGLISH: Surroundings = {
  language: 'en',
  context: ENGLISH_CONTEXT,
  occasions: ENGLISH_OCCASIONS,
};

export interface FamilyDefinition<SlotName extends string> {
  name: string;
  /** those of English by default */
  surroundings?: Surroundings;
  /** whether its answers are a few labels; false by default */
  isClassification?: boolean;
  weight?: number;
  /** the instruction's wordings, with `{slot}` where a value goes */
  phrasings: readonly string[];
  /** layouts of the input, with slots too; none where the task has no input */
  input?: string | readonly string[];
  /** drawn in the order of their declaration */
  slots: Record<SlotName, Slot>;
  /**
   * The right answer from the slots' values alone. Null where they make no sense together: such a draw is
   * made again, such a text is not recognised.
   */
  answer: (values: Readonly<Record<SlotName, string>>) => string | null;
}

/** Declares a family. Throws TypeError where a phrasing or an input names a slot that is not declared. */
export function defineFamily<SlotName extends string>(definition: FamilyDefinition<SlotName>): TaskFamily {
  const { name, answer } = definition;
  const { language, context, occasions } = definition.surroundings ?? ENGLISH;
  const slots: Readonly<Record<string, Slot>> = { ...context, ...definition.slots };
  const typical = createRandom(`typical values of ${name}`);
  const draws = Array.from({ length: 5 }, () => drawValues(slots, typical));
  const phrasings = definition.phrasings.map((text, index) => withOccasion(text, index, occasions, draws));
  const inputs = [definition.input ?? []].flat();
  const templates = phrasings.map((text) => new Template(text, slots));
  const layouts = inputs.map((text) => new Template(text, slots));

  const draw = (random: Random, given: Values = {}): { values: Values; output: string } | null => {
    for (let attempt = 0; attempt < MOST_DRAWS; attempt += 1) {
      const values = drawValues(slots, random, given);
      const output = answer(values as Record<SlotName, string>);
      if (output !== null) return { values, output };
    }
    return null;
  };

  return {
    name,
    language,
    weight: definition.weight ?? 1,
    phrasings,
    hasInput: inputs.length > 0,
    isClassification: definition.isClassification ?? false,
    compose: (random) => {
      const drawn = draw(random);
      if (drawn === null)
        throw new RangeError(`The family ${name} found no slots with an answer in ${MOST_DRAWS} draws.`);
      const { values, output } = drawn;
      const instruction = random.pick(templates).fill(values);
      const input = layouts.length > 0 ? random.pick(layouts).fill(values) : '';
      return { instruction, input, output, family: name };
    },
    recognise: (instruction, input) => {
      if (layouts.length === 0 && input !== '') return null;
      for (const template of templates) {
        const found = template.match(instruction);
        if (!found) continue;
        for (const values of layouts.length > 0 ? inputMatches(layouts, input, found) : [found]) {
          const output = answer(withBlanks(values, slots) as Record<SlotName, string>);
          if (output !== null) return output;
        }
      }
      return null;
    },
    instance: (instruction, random) => {
      for (const template of templates) {
        const found = template.matchFolded(instruction);
        if (!found) continue;
        if (layouts.length === 0) {
          const output = answer(withBlanks(found, slots) as Record<SlotName, string>);
          if (output !== null) return { input: '', output };
          continue;
        }
        const drawn = draw(random, found);
        if (drawn !== null) return { input: random.pick(layouts).fill(drawn.values), output: drawn.output };
      }
      return null;
    },
  };
}

type Values = Readonly<Record<string, string>>;

/** Where an instruction is given, few inputs have what it names: two words in a list of four, say. */
const MOST_DRAWS = 1000;

/** @param given values that are not drawn */
function drawValues(
  slots: Readonly<Record<string, Slot>>,
  random: Random,
  given: Values = {},
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, slot] of Object.entries(slots)) values[name] = given[name] ?? slot.draw(random, values);
  return values;
}

/** What instructions are compared as: white space collapsed, trimmed, a trailing colon removed. */
export function normaliseInstruction(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replace(/:+$/, '').trimEnd();
}

function* inputMatches(
  layouts: readonly Template[],
  input: string,
  fromInstruction: Record<string, string>,
): Generator<Record<string, string>> {
  for (const layout of layouts) {
    const found = layout.match(input);
    const agrees =
      found && Object.entries(found).every(([slot, value]) => (fromInstruction[slot] ?? value) === value);
    if (agrees) yield { ...fromInstruction, ...found };
  }
}

/** Slots that a phrasing does not name are empty: an answer must not depend on them. */
function withBlanks(
  values: Record<string, string>,
  slots: Readonly<Record<string, Slot>>,
): Record<string, string> {
  return Object.fromEntries(Object.keys(slots).map((slot) => [slot, values[slot] ?? '']));
}

/** A text with slots, to be filled and to be read back. */
class Template {
  readonly #text: string;
  readonly #slots: Readonly<Record<string, Slot>>;
  #expression: RegExp | undefined;
  #folded: RegExp | undefined;

  constructor(text: string, slots: Readonly<Record<string, Slot>>) {
    for (const [, name = ''] of text.matchAll(PLACEHOLDER)) {
      if (!(name in slots)) throw new TypeError(`"${text}" names the slot {${name}}, which is not declared.`);
    }
    this.#text = text;
    this.#slots = slots;
  }

  fill(values: Readonly<Record<string, string>>): string {
    return this.#text.replace(PLACEHOLDER, (_, name: string) => values[name] ?? '');
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
    const source = this.#text
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

const PLACEHOLDER = /\{([\p{L}\p{N}]+)\}/gu;

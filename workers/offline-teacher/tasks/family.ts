import { createRandom, type Random } from './random.ts';
import type { Slot } from './slots.ts';
import { drawValues, shareThatVaries, Template, type Values } from './template.ts';

/** A task as a teacher writes it; `input` is empty where there is none. */
export interface Task {
  instruction: string;
  input: string;
  output: string;
  /** the name of the family that composed it */
  family: string;
}

/** What a family knows as plain text: sentences that neither ask nor order. */
interface Told {
  sentences: readonly string[];
  /** the answer of the tasks that ask for the same */
  output: string;
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
  /** whether some of its tasks have an input */
  readonly hasInput: boolean;
  /** its answers are a few labels */
  readonly isClassification: boolean;
  compose(random: Random): Task;
  /** The right answer, or null where the text is no task of this family. Takes normalised text. */
  recognise(instruction: string, input: string): string | null;
  /** An input for an instruction that has lost its capitals, and the answer to it; null where it is none of this family. */
  instance(instruction: string, random: Random): Pick<Task, 'input' | 'output'> | null;
  /** The knowledge of one task, told; no sentences where the family was given none. */
  tell(random: Random): Told;
}

export interface FamilyDefinition<SlotName extends string> {
  name: string;
  /** English by default */
  language?: string;
  /** whether its answers are a few labels; false by default */
  isClassification?: boolean;
  weight?: number;
  /** wordings that say all that there is to know, with `{slot}` where a value goes */
  phrasings?: readonly string[];
  /** wordings for what stands in the input, and its layouts, with slots too */
  given?: { phrasings: readonly string[]; input: string | readonly string[] };
  /** whether all wordings are drawn alike; by default those that vary little are drawn seldom */
  evenly?: boolean;
  /** drawn in the order of their declaration */
  slots: Record<SlotName, Slot>;
  /**
   * The right answer from the slots' values alone. Null where they make no sense together: such a draw is
   * made again, such a text is not recognised.
   */
  answer: (values: Readonly<Record<SlotName, string>>) => string | null;
  /** what a task asks for, in statements: plain text to learn from before there are instructions */
  told?: (values: Readonly<Record<SlotName, string>>, answer: string) => readonly string[];
}

/** Declares a family. Throws TypeError where a phrasing or an input names a slot that is not declared. */
export function defineFamily<SlotName extends string>(definition: FamilyDefinition<SlotName>): TaskFamily {
  const { name, answer, told, given } = definition;
  const slots: Readonly<Record<string, Slot>> = definition.slots;
  const layouts = [given?.input ?? []].flat().map((text) => new Template(text, slots));
  const wordingsOf = (texts: readonly string[] = [], layouts: readonly Template[] = []): Wording[] =>
    texts.map((text) => ({ template: new Template(text, slots), layouts }));
  const wordings = [...wordingsOf(definition.phrasings), ...wordingsOf(given?.phrasings, layouts)];
  const typical = createRandom(`typical values of ${name}`);
  const draws = Array.from({ length: 8 }, () => drawValues(slots, typical));
  const variesLittle = ({ template }: Wording) => shareThatVaries(template.text, draws) < SHARE_THAT_VARIES;
  const seldom = definition.evenly ? [] : wordings.filter(variesLittle);
  const usual = wordings.filter((wording) => !seldom.includes(wording));

  const draw = (random: Random, known: Values = {}): Drawn | null => {
    for (let attempt = 0; attempt < MOST_DRAWS; attempt += 1) {
      const values = drawValues(slots, random, known);
      const output = answer(values as Record<SlotName, string>);
      if (output !== null) return { values, output };
    }
    return null;
  };
  const drawAny = (random: Random): Drawn => {
    const drawn = draw(random);
    if (drawn === null)
      throw new RangeError(`The family ${name} found no slots with an answer in ${MOST_DRAWS} draws.`);
    return drawn;
  };

  return {
    name,
    language: definition.language ?? 'en',
    weight: definition.weight ?? 1,
    phrasings: wordings.map(({ template }) => template.text),
    hasInput: layouts.length > 0,
    isClassification: definition.isClassification ?? false,
    compose: (random) => {
      const { values } = drawAny(random);
      const isSeldom = usual.length === 0 || (seldom.length > 0 && random.chance(SHARE_OF_SELDOM));
      const { template, layouts } = random.pick(isSeldom ? seldom : usual);
      const layout = layouts.length > 0 ? random.pick(layouts) : undefined;
      const named = [...template.names, ...(layout?.names ?? [])];
      const shown = Object.fromEntries(named.map((slot) => [slot, values[slot] ?? '']));
      const output = answer(withBlanks(shown, slots) as Record<SlotName, string>);
      if (output === null) throw new RangeError(`"${template.text}" leaves out what its answer reads.`);
      return { instruction: template.fill(values), input: layout?.fill(values) ?? '', output, family: name };
    },
    recognise: (instruction, input) => {
      for (const { template, layouts } of wordings) {
        if (layouts.length === 0 && input !== '') continue;
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
      for (const { template, layouts } of wordings) {
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
    tell: (random) => {
      const { values, output } = drawAny(random);
      return { sentences: told?.(values as Record<SlotName, string>, output) ?? [], output };
    },
  };
}

type Drawn = { values: Values; output: string };
type Wording = { template: Template; layouts: readonly Template[] };

/** Where an instruction is given, few inputs have what it names: two words in a list of four, say. */
const MOST_DRAWS = 1000;

/** Of a wording's words, so that two of its instructions are rarely too like each other; and how often others are drawn. */
const SHARE_THAT_VARIES = 0.34;
const SHARE_OF_SELDOM = 0.05;

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

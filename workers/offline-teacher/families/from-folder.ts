import { existsSync } from 'node:fs';
import { z } from 'zod';
import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { readLanguageJson } from '../../../activities/artifacts/languages/language-json.ts';
import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { withOccasions } from '../tasks/occasions.ts';
import { integer, joined, listOf, made, oneOf, type Slot } from '../tasks/slots.ts';

/**
 * Families of tasks as data, from `teacher-families.json` of a language's folder: words, phrasings, and of a few kinds of
 * answers that can be computed the one that is meant. Other answers need code, as English has it.
 */

const texts = z.array(z.string().min(1)).min(1);
const range = z.tuple([z.int().min(0), z.int().min(1)]);

const slot = z.union([
  /** a word of a list, or of the left sides of a table */
  z.strictObject({ oneOf: z.string() }),
  z.strictObject({ integer: range }),
  /** several different words, with commas */
  z.strictObject({ listOf: z.string(), count: range }),
  /** several numbers, with commas */
  z.strictObject({ numbers: range, count: z.int().min(2) }),
  /** a word of each list, with spaces */
  z.strictObject({ join: texts }),
]);

const result = z.union([
  z.strictObject({ lookup: z.string(), of: z.string() }),
  z.strictObject({ sum: texts }),
  z.strictObject({ difference: texts }),
  z.strictObject({ product: texts }),
  z.strictObject({ largest: z.string() }),
  z.strictObject({ smallest: z.string() }),
  z.strictObject({ sorted: z.string() }),
  /** what comes some places later in a list that begins again at its end */
  z.strictObject({ later: z.string(), from: z.string(), by: z.string() }),
]);
type Result = z.infer<typeof result>;

const familiesFile = z.strictObject({
  words: z.record(z.string(), texts),
  tables: z.record(z.string(), z.record(z.string(), z.string())),
  /** slots that every phrasing may use: who asks, for what, where */
  context: z.record(z.string(), slot),
  /** sentences that go before a phrasing of few slots */
  occasions: texts,
  families: z.array(
    z.strictObject({
      name: z.string().min(1),
      isClassification: z.boolean().default(false),
      phrasings: texts,
      input: z.string().optional(),
      slots: z.record(z.string(), slot),
      /** `{result}` is what was computed, `{SLOT}` what was drawn */
      answer: z.string().min(1),
      result,
    }),
  ),
});
type FamiliesFile = z.infer<typeof familiesFile>;

/**
 * The families of a language's folder; none where it has no such file.
 *
 * @throws AlpacaError InvalidInput naming file and line; TypeError where a slot or a list is not there
 */
export function familiesOf(language: string): TaskFamily[] {
  const path = builtinPath('teacher-families', language);
  if (!existsSync(path)) return [];
  const file = readLanguageJson(path, familiesFile);
  const context = slotsOf(file.context, file);
  return file.families.map(
    ({ name, isClassification, phrasings, input, slots: declared, answer, result }) => {
      const slots = { ...context, ...slotsOf(declared, file) };
      const wordings = withOccasions(phrasings, file.occasions, slots, `${language}-${name}`);
      return defineFamily({
        name: `${language}-${name}`,
        language,
        evenly: true,
        isClassification,
        ...(input === undefined ? { phrasings: wordings } : { given: { phrasings: wordings, input } }),
        slots,
        answer: (values) => {
          const computed = compute(result, values, file, language);
          if (computed === null) return null;
          return answer.replace(/\{([\p{L}\p{N}]+)\}/gu, (_, slot: string) =>
            slot === 'result' ? computed : (values[slot] ?? ''),
          );
        },
      });
    },
  );
}

function slotsOf(declared: FamiliesFile['context'], file: FamiliesFile): Record<string, Slot> {
  return Object.fromEntries(Object.entries(declared).map(([name, kind]) => [name, slotOf(kind, file)]));
}

function slotOf(kind: z.infer<typeof slot>, file: FamiliesFile): Slot {
  if ('oneOf' in kind) return oneOf(wordsOf(kind.oneOf, file));
  if ('integer' in kind) return integer(...kind.integer);
  if ('listOf' in kind) return listOf(wordsOf(kind.listOf, file), ...kind.count);
  if ('join' in kind) return joined(kind.join.map((name) => wordsOf(name, file)));
  const { numbers, count } = kind;
  return made('\\d+(?:, \\d+)+', (random) =>
    Array.from({ length: count }, () => random.integer(...numbers)).join(', '),
  );
}

function wordsOf(name: string, { words, tables }: FamiliesFile): readonly string[] {
  const found = words[name] ?? Object.keys(tables[name] ?? {});
  if (found.length === 0) throw new TypeError(`There is no list of words and no table "${name}".`);
  return found;
}

/** Null where the values make no sense together. */
function compute(
  result: Result,
  values: Readonly<Record<string, string>>,
  file: FamiliesFile,
  language: string,
): string | null {
  const numbers = (slots: readonly string[]) => slots.map((slot) => Number(values[slot]));
  const listed = (slot: string) => (values[slot] ?? '').split(', ');
  if ('lookup' in result) return file.tables[result.lookup]?.[values[result.of] ?? ''] ?? null;
  if ('sum' in result) return String(numbers(result.sum).reduce((a, b) => a + b, 0));
  if ('product' in result) return String(numbers(result.product).reduce((a, b) => a * b, 1));
  if ('difference' in result) {
    const left = numbers(result.difference).reduce((a, b) => a - b);
    return left > 0 ? String(left) : null;
  }
  if ('largest' in result) return String(Math.max(...listed(result.largest).map(Number)));
  if ('smallest' in result) return String(Math.min(...listed(result.smallest).map(Number)));
  if ('sorted' in result) return listed(result.sorted).sort(new Intl.Collator(language).compare).join(', ');
  const round = wordsOf(result.later, file);
  const at = round.indexOf(values[result.from] ?? '');
  return at === -1 ? null : (round[(at + Number(values[result.by])) % round.length] ?? null);
}

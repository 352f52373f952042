import { z } from 'zod';
import type { RatingMode } from '../../workflows/contracts/rate.ts';
import { type ModelOutput, pairOutputs } from '../evaluate/answers/model-outputs.ts';

/** One line of a comparison file: an instruction and what there is to rate. */
export const comparedPair = z.strictObject({
  dataset: z.string(),
  instruction: z.string(),
  input: z.string(),
  answerA: z.string(),
  generatorA: z.string(),
  /** null where single answers are graded and there is but one set */
  answerB: z.string().nullable(),
  generatorB: z.string().nullable(),
});
export type ComparedPair = z.infer<typeof comparedPair>;

/** An answer to rate: a row of AlpacaEval's model_outputs form, or of Self-Instruct's with its first output. */
export const answerRow = z
  .object({
    dataset: z.string().optional(),
    motivation_app: z.string().optional(),
    instruction: z.string().min(1),
    input: z.string().default(''),
    output: z.string().optional(),
    generator: z.string().min(1).optional(),
    instances: z
      .array(z.object({ input: z.string(), output: z.string() }))
      .min(1)
      .optional(),
  })
  .refine(({ output, instances }) => output !== undefined || instances !== undefined, {
    error: 'expected an answer: `output`, or `instances` with one',
  })
  .transform(
    (row): ModelOutput => ({
      dataset: row.dataset ?? row.motivation_app ?? '',
      instruction: row.instruction,
      input: row.instances?.[0]?.input ?? row.input,
      output: row.output ?? row.instances?.[0]?.output ?? '',
      generator: row.generator ?? 'reference',
    }),
  );

/** Two sets of answers, instruction by instruction; one set alone where there is no second. */
export function compared(a: readonly ModelOutput[], b: readonly ModelOutput[] | null): ComparedPair[] {
  if (b !== null) return pairOutputs(a, b);
  return a.map(({ dataset, instruction, input, output, generator }) => ({
    ...{ dataset, instruction, input, answerA: output, generatorA: generator },
    ...{ answerB: null, generatorB: null },
  }));
}

/** How many items to vote on there are: pairs, or single answers. */
export function itemsOf(pairs: readonly ComparedPair[], mode: RatingMode): number {
  return mode === 'pairwise' ? pairs.length : pairs.length * answersOf(pairs);
}

/** Which answer an item of the mode `abcd` is. A's and B's answers to an instruction stand side by side. */
export function answerAt(
  item: number,
  pairs: readonly ComparedPair[],
): { pair: ComparedPair | undefined; of: 'A' | 'B' } {
  const answers = answersOf(pairs);
  return { pair: pairs[Math.floor(item / answers)], of: item % answers === 0 ? 'A' : 'B' };
}

function answersOf(pairs: readonly ComparedPair[]): 1 | 2 {
  return pairs[0]?.answerB === null ? 1 : 2;
}

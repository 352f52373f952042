import { z } from 'zod';
import { optionalText, text } from '../../../workflows/contracts/data/text.ts';
import { seededOrder } from './seeded-order.ts';

/** An instruction to be answered, whatever file it came from. */
export interface Question {
  instruction: string;
  input: string;
  /** its category: the motivating application (Self-Instruct) or the data set (AlpacaEval); may be empty */
  dataset: string;
  /** an answer to compare with; null where there is none */
  reference: string | null;
}

/**
 * A row of an evaluation file: Self-Instruct's user-oriented form (`motivation_app`, `instances`; the first
 * instance is used) or AlpacaEval's (`dataset`, `instruction`, `output`, no instances). A field `category`
 * goes before the category that the form has.
 */
export const questionRow = z
  .object({
    instruction: text.min(1),
    input: optionalText,
    motivation_app: z.string().optional(),
    dataset: z.string().optional(),
    category: z.string().optional(),
    output: text.nullish(),
    instances: z
      .array(z.object({ input: optionalText, output: text.nullish() }))
      .min(1)
      .optional(),
  })
  .transform(
    (row): Question => ({
      instruction: row.instruction,
      input: row.instances?.[0]?.input ?? row.input,
      dataset: row.category ?? row.motivation_app ?? row.dataset ?? '',
      reference: referenceIn(row.instances?.[0]?.output ?? row.output),
    }),
  );

/** An empty output is no reference: some instructions of Self-Instruct's file have none. */
function referenceIn(output: string | null | undefined): string | null {
  return output?.trim() ? output : null;
}

/** Says whether an instruction resembles one that training has seen. */
export type SeenInTraining = (instruction: string) => boolean;

/**
 * The questions to ask: those that training has not seen, at most `most` of them, drawn by the seed and
 * kept in the file's order. The same for every model of a comparison. `excluded` counts what was left out
 * for having been seen, over the whole file.
 */
export function selectQuestions(
  questions: readonly Question[],
  seen: SeenInTraining,
  most: number,
  seed: number,
): { selected: Question[]; excluded: number } {
  const unseen = questions.filter(({ instruction }) => !seen(instruction));
  const drawn = new Set(seededOrder(unseen.length, seed, 'evaluation-instructions').slice(0, most));
  return {
    selected: unseen.filter((_, index) => drawn.has(index)),
    excluded: questions.length - unseen.length,
  };
}

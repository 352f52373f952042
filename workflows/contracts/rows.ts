import { z } from 'zod';

/** Row formats on disk: what the files that travel between steps hold, one JSON object a line. */

/** A seed task (recipe, section 1). Unknown fields are kept out; the original file loads unchanged. */
export const seedTask = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  instruction: z.string().min(1),
  instances: z.array(z.object({ input: z.string(), output: z.string() })).min(1),
  is_classification: z.boolean(),
});
export type SeedTask = z.infer<typeof seedTask>;

/** The recipe's row: what `alpaca_data.json` is an array of. */
export const recipeRow = z.object({
  instruction: z.string().min(1),
  input: z.string(),
  output: z.string(),
});
export type RecipeRow = z.infer<typeof recipeRow>;

/** Leads a row back to the completion it came from: the ledger holds its prompt, its answer and its cost. */
export const provenance = z.object({
  request: z.int(),
  prompt: z.int(),
  /** the segment's number in the completion, from 0 */
  segment: z.int(),
  ledgerKey: z.string(),
});

export const dataRow = recipeRow.extend({ provenance: provenance.optional() });
export type DataRow = z.infer<typeof dataRow>;

/** A data row; a seed task is read as one, with its first instance, as the recipe does. */
export const dataRowOrSeedTask: z.ZodType<DataRow> = z.preprocess((value) => {
  const task = seedTask.safeParse(value);
  return task.success ? { instruction: task.data.instruction, ...task.data.instances[0] } : value;
}, dataRow);

/** An evaluation instruction (Self-Instruct's user-oriented file loads unchanged). */
export const evaluationInstruction = z.object({
  id: z.string().min(1),
  motivation_app: z.string(),
  instruction: z.string().min(1),
  instances: z.array(z.object({ input: z.string(), output: z.string() })).min(1),
});
export type EvaluationInstruction = z.infer<typeof evaluationInstruction>;

import { z } from 'zod';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';

/** A run's input as a recipe file may have it; schemas/recipe.schema.json, which editors complete by, is made of it. */
export const recipeFields = alpacaInput.extend({
  $schema: z.string().optional().describe('For editors; nothing reads it'),
  extends: z
    .string()
    .optional()
    .describe('What this one goes on from: a recipe of the package, or a file beside it'),
});

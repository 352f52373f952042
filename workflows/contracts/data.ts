import { z } from 'zod';
import { firstExchange, message, orderFault, readConversation } from './data/conversation.ts';
import { LANGUAGE_NAME } from './data/language-name.ts';
import { optionalText, text } from './data/text.ts';

/** What travels between steps: references to artifacts, and the rows that files hold, one JSON object a line. */

/**
 * Steps pass references, never data. A reference names one artifact of the content-addressed store:
 * `uri` is `artifact://KIND/SHA256/NAME`, `sha256` the digest of the file (or of a folder's sorted file
 * list), `bytes` its size and `rows` how many rows (for a folder: files) it holds.
 */
export const artifactReference = z.strictObject({
  uri: z
    .string()
    .regex(/^artifact:\/\/[a-z0-9-]+\/[0-9a-f]{64}\/[^/\\]+$/, 'expected artifact://KIND/SHA256/NAME'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
  bytes: z.int().min(0),
  rows: z.int().min(0),
});
export type ArtifactReference = z.infer<typeof artifactReference>;

/**
 * Where data comes from: a reference, an `artifact://` uri, `builtin` (what this package ships for the
 * step), or a path beneath one of the worker's import folders.
 */
export const dataSource = z.union([artifactReference, z.string().min(1).max(4096)]);
export type DataSource = z.infer<typeof dataSource>;

/** The name of a language's folder; a user's own column of that name, which is something else, is none. */
const ofLanguage = z.string().regex(LANGUAGE_NAME).optional().catch(undefined);

const instances = z.array(z.object({ input: optionalText, output: text })).min(1);

/** A seed task (recipe, section 1). Unknown fields are kept out; the original file loads unchanged. */
export const seedTask = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  instruction: text.min(1),
  instances,
  is_classification: z.boolean(),
  /** of a set that is of several */
  language: ofLanguage,
});
export type SeedTask = z.infer<typeof seedTask>;

/** The recipe's row: what `alpaca_data.json` is an array of. */
export const recipeRow = z.object({
  instruction: text.min(1),
  input: optionalText,
  output: text,
});
export type RecipeRow = z.infer<typeof recipeRow>;

const place = z.object({
  request: z.int(),
  prompt: z.int(),
  /** the segment's number in the completion, from 0 */
  segment: z.int(),
  ledgerKey: z.string(),
});

/** Where a task of Self-Instruct came from: the answer that has its instruction, and the one that says what it is. */
const taskOrigin = place.extend({ classificationKey: z.string() });

/** A later turn of a conversation: the answers of the ledger that have its question and, once it is asked, its answer. */
const turnOrigin = z.object({ questionKey: z.string(), answerKey: z.string().optional() });

/**
 * Leads a row back to the completion it came from: the ledger holds its prompt, its answer and its cost. Rows with equal
 * `task` are instances of one task; `turns` are those after the first.
 */
export const provenance = place.extend({
  task: taskOrigin.optional(),
  turns: z.array(turnOrigin).optional(),
});

export const dataRow = recipeRow.extend({
  /** of a run in several: that of the prompt that it came from */
  language: ofLanguage,
  /** of a row that is a conversation: all of it, of which the three fields are the first exchange */
  messages: z.array(message).optional(),
  provenance: provenance.optional(),
});
export type DataRow = z.infer<typeof dataRow>;

/** A task of Self-Instruct as its stages know it: accepted, then classified. */
export const stageTask = z.object({
  instruction: text.min(1),
  /** the accepted instruction that it resembles most, and how much; null where it resembles none */
  mostSimilar: text.nullable(),
  similarity: z.number(),
  provenance: place,
  /** absent before it was asked */
  classification: z
    .object({ isClassification: z.boolean(), answer: z.string(), ledgerKey: z.string() })
    .optional(),
});
export type StageTask = z.infer<typeof stageTask>;

const withInstances = z.looseObject({ instances: z.array(z.looseObject({})) });

/**
 * A seed task as a row, with its first instance, as the recipe has it; a conversation as a row of its first exchange;
 * anything else as it is, without `messages` that are none of its own.
 */
export function rowOf(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('instances' in value) return rowOfSeedTask(value);
  if ('instruction' in value) {
    const { messages, ...row } = { messages: undefined, ...value };
    return isConversationOf(row, messages) ? { ...row, messages } : row;
  }
  const messages = readConversation(value);
  if (messages === null) return value;
  if (Array.isArray(messages)) {
    const { conversations: _, conversation: __, system: ___, ...rest } = { ...ABSENT, ...value };
    return { ...firstExchange(messages), ...rest, messages };
  }
  context.addIssue({ code: 'custom', path: messages.path, message: messages.reason });
  return z.NEVER;
}

const ABSENT = { conversations: undefined, conversation: undefined, system: undefined };

function isConversationOf(row: Record<string, unknown>, messages: unknown): boolean {
  const checked = z.array(message).safeParse(messages);
  if (!checked.success || orderFault(checked.data) !== null) return false;
  return Object.entries(firstExchange(checked.data)).every(([field, said]) => row[field] === said);
}

function rowOfSeedTask(value: object): unknown {
  const task = withInstances.safeParse(value);
  return task.success ? { ...task.data.instances[0], ...task.data } : value;
}

/** A data row; a seed task and a conversation are read as one. */
export const dataRowOrSeedTask: z.ZodType<DataRow> = z.preprocess(rowOf, dataRow);

/** An evaluation instruction (Self-Instruct's user-oriented file loads unchanged). */
export const evaluationInstruction = z.object({
  id: z.string().min(1),
  motivation_app: z.string(),
  instruction: text.min(1),
  instances,
});
export type EvaluationInstruction = z.infer<typeof evaluationInstruction>;

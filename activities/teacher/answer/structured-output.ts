import { z } from 'zod';
import { type InstructionClass, instructionClass } from '../../../workflows/contracts/data/classes.ts';

/**
 * The forms that an answer can be held to. The name is part of the ledger key and stands for its schema:
 * another schema takes another name.
 */
export type StructuredOutput = 'task-list' | 'preference' | 'grade' | 'grade-and-class';

const task = z.strictObject({ instruction: z.string(), input: z.string(), output: z.string() });
export type StructuredTask = z.infer<typeof task>;

/** A judge's verdict: which of two answers is better, 0 for neither. */
const preference = z.strictObject({ preference: z.literal([0, 1, 2]) });

/** A judge's grade of one answer; the reason first, so that the grade follows from it. */
const grade = z.strictObject({ reason: z.string(), grade: z.literal([1, 2, 3, 4, 5]) });

/** The same, with what kind of task the instruction sets. */
const gradeAndClass = grade.extend({ class: instructionClass });

/** A grade; its class is null where none was asked for, or it cannot be read. */
export type StructuredGrade = z.infer<typeof grade> & { class: InstructionClass | null };

const schemas = {
  'task-list': z.strictObject({ tasks: z.array(task) }),
  preference,
  grade,
  'grade-and-class': gradeAndClass,
} satisfies Record<StructuredOutput, z.ZodType>;

/** OpenAI's `response_format` for a form: a strict JSON schema, every field required and no other allowed. */
export function responseFormat(output: StructuredOutput): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(schemas[output]);
  return {
    type: 'json_schema',
    json_schema: { name: output.replaceAll('-', '_'), strict: true, schema },
  };
}

/** One element of a `task-list`; null where it is something else. */
export function readStructuredTask(json: unknown): StructuredTask | null {
  return task.safeParse(json).data ?? null;
}

/** A `preference`, whatever stands beside it in the object; null where it is something else. */
export function readStructuredPreference(json: unknown): 0 | 1 | 2 | null {
  return z.object(preference.shape).safeParse(json).data?.preference ?? null;
}

/** A `grade` with its reason and the class that it may have, whatever else stands in the object; null where it is something else. */
export function readStructuredGrade(json: unknown): StructuredGrade | null {
  return readGrade.safeParse(json).data ?? null;
}

const readGrade = z.object({ ...grade.shape, class: instructionClass.nullable().catch(null).default(null) });

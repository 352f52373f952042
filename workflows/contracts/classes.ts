import { z } from 'zod';

/** What kind of task an instruction sets; docs/classes.md says what each means. */
export const instructionClass = z.enum([
  'open-generation',
  'rewriting',
  'extraction',
  'classification',
  'closed-question-answering',
  'open-question-answering',
  'brainstorming',
  'chat',
  'summarization',
  'code',
  'mathematics',
  'other',
]);
export type InstructionClass = z.infer<typeof instructionClass>;

/** Rows by class; a class without rows may be absent. */
export const classCounts = z.partialRecord(instructionClass, z.int().min(0));
export type ClassCounts = z.infer<typeof classCounts>;

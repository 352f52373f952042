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

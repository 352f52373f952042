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

/** Those that can be asked for: of no kind of its own is what is left. */
export const namedClass = instructionClass.exclude(['other']);
export type NamedClass = z.infer<typeof namedClass>;

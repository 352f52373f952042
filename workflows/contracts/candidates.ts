import { z } from 'zod';
import { dataSource } from './reference.ts';

/** Whose answers are compared: a model folder or a file of answers, or a teacher profile that is asked. */
export const candidateSource = z.union([
  dataSource,
  z.strictObject({
    teacher: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/i)
      .describe('A teacher profile of the worker’s configuration'),
  }),
]);
export type CandidateSource = z.infer<typeof candidateSource>;

export function isTeacher(source: CandidateSource): source is { teacher: string } {
  return typeof source === 'object' && 'teacher' in source;
}

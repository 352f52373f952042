import type { z } from 'zod';
import type { HandOver, ResolvedStart, Start } from '../../contracts/run/start.ts';
import { describeIssue } from '../issue-text.ts';
import { readLeniently } from './read-leniently.ts';
import { STARTS } from './starts.ts';

/** What a workflow takes: its input, and what a parent or an earlier run hands over. */
export interface Taken {
  input: z.ZodType;
  handedOver: z.ZodType;
}

/**
 * Checks what a workflow was started with, and fills in today's defaults. What a person sends is read strictly;
 * what a parent or an earlier run hands over may be of another version, and is read leniently.
 */
export function resolveStart(
  { workflow, input: raw, second, mayBeHandedOver }: Start,
  starts: Readonly<Record<string, Taken>> = STARTS,
): ResolvedStart {
  const taken = starts[workflow];
  if (!taken) throw new RangeError(`no workflow ${workflow}`);
  const given = raw ?? {};
  if (!mayBeHandedOver || !isHandOver(second)) {
    const input = taken.input.safeParse(given);
    if (!input.success) return { problems: problemsOf(input.error, given, 'the input') };
    return { problems: null, input: input.data, handedOver: null, ignored: second !== null };
  }
  const input = readLeniently(taken.input, given);
  if (!input.success) return { problems: problemsOf(input.error, given, 'the input') };
  const handedOver = readLeniently(taken.handedOver, second.handedOver);
  if (!handedOver.success)
    return { problems: problemsOf(handedOver.error, second.handedOver, 'what was handed over') };
  return { problems: null, input: input.data, handedOver: handedOver.data, ignored: false };
}

/** True of what a parent, or an earlier run of the workflow, sends along. */
export function isHandOver(second: unknown): second is HandOver<unknown> {
  return typeof second === 'object' && second !== null && 'handedOver' in second;
}

function problemsOf({ issues }: z.ZodError, raw: unknown, whole: string): string[] {
  return issues.map((issue) => describeIssue(issue, raw, whole));
}

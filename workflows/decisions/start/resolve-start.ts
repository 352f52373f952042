import type { z } from 'zod';
import { Defect } from '../../contracts/failures.ts';
import type { HandOver, ResolvedStart, Start } from '../../contracts/run/start.ts';
import { describeIssue } from '../issue-text.ts';
import { readLeniently } from './read-leniently.ts';
import { saidInVain } from './said-in-vain.ts';
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
  if (!taken) throw new Defect(`no workflow ${workflow}`);
  const given = raw ?? {};
  if (!mayBeHandedOver || !isHandOver(second)) {
    if (!inputFits(given)) return { problems: [TOO_LARGE] };
    const input = taken.input.safeParse(given);
    if (!input.success) return { problems: problemsOf(input.error, given, 'the input') };
    const inVain = saidInVain(given);
    if (inVain.length > 0) return { problems: inVain };
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

/**
 * Bytes of an input's JSON. A server takes payloads of 2 MiB: in one the input has to go on, with what the steps gave,
 * to the release and into the record of the run.
 */
const LARGEST_INPUT = 512 << 10;
const TOO_LARGE = `the input is large: expected at most ${LARGEST_INPUT} bytes of JSON, and rows in files of the store`;

/** Whether an input is one that a run can go by. */
export function inputFits(given: unknown): boolean {
  return new TextEncoder().encode(JSON.stringify(given ?? null)).length <= LARGEST_INPUT;
}

const MOST_PROBLEMS = 20;

function problemsOf({ issues }: z.ZodError, raw: unknown, whole: string): string[] {
  const first = issues.slice(0, MOST_PROBLEMS).map((issue) => describeIssue(issue, raw, whole));
  const more = issues.length - first.length;
  return more > 0 ? [...first, `and ${more} more`] : first;
}

import { availableParallelism } from 'node:os';
import { Conversation } from '../../process/threads.ts';
import type { VerbNoun } from './root-verb.ts';

/** Which verbs a data set's instructions ask by, and for which things. */
export interface VerbCounts {
  /** instructions in Latin script: the others are not read */
  read: number;
  unread: number;
  withVerb: number;
  /** with a verb and a direct noun object */
  withPair: number;
  distinctVerbs: number;
  distinctPairs: number;
  /** the most frequent verbs among pairs, and of each its most frequent nouns */
  top: { verb: string; rows: number; nouns: { noun: string; rows: number }[] }[];
}

/** As Self-Instruct's figure has it: the 20 most frequent root verbs, each with its 4 most frequent nouns. */
const VERBS = 20;
const NOUNS = 4;

/** Instructions that a thread is given at once, and from how many on a thread pays. */
const CHUNK = 1000;
const MOST_THREADS = 4;

/**
 * Tagging takes a third of a millisecond an instruction, so it is done in threads; few are read here. The tagger
 * is loaded only then: a worker that writes no report does not hold its lexicon.
 */
export async function countVerbs(instructions: readonly string[], signal: AbortSignal): Promise<VerbCounts> {
  const read = instructions.filter(isLatin);
  const pairs = read.length <= CHUNK ? await readHere(read) : await readInThreads(read, signal);
  return summarizeVerbs(pairs, instructions.length - read.length);
}

/** Text whose letters are mostly Latin: what a tagger of English can be asked about. */
function isLatin(text: string): boolean {
  const start = text.slice(0, 400);
  const latin = start.match(/\p{Script=Latin}/gu)?.length ?? 0;
  const letters = start.match(/\p{L}/gu)?.length ?? 0;
  return latin > letters / 2;
}

async function readHere(instructions: readonly string[]): Promise<VerbNoun[]> {
  const { rootVerb } = await import('./root-verb.ts');
  return instructions.map(rootVerb);
}

async function readInThreads(instructions: readonly string[], signal: AbortSignal): Promise<VerbNoun[]> {
  const chunks = Array.from({ length: Math.ceil(instructions.length / CHUNK) }, (_, chunk) =>
    instructions.slice(chunk * CHUNK, (chunk + 1) * CHUNK),
  );
  const script = new URL('./verb-thread.ts', import.meta.url);
  const count = Math.min(availableParallelism(), MOST_THREADS, chunks.length);
  const threads = Array.from(
    { length: count },
    () => new Conversation<string[], VerbNoun[]>(script, null, signal),
  );
  try {
    const answers: VerbNoun[][] = [];
    let next = 0;
    await Promise.all(
      threads.map(async (thread) => {
        for (let at = next++; at < chunks.length; at = next++)
          answers[at] = await thread.ask(chunks[at] ?? []);
      }),
    );
    return answers.flat();
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** Ties go by the alphabet, so that equal data gives equal counts in equal order. */
export function summarizeVerbs(found: readonly VerbNoun[], unread = 0): VerbCounts {
  const nounsByVerb = new Map<string, Map<string, number>>();
  const verbs = new Set<string>();
  for (const { verb, noun } of found) {
    if (verb !== null) verbs.add(verb);
    if (verb === null || noun === null) continue;
    const nouns = nounsByVerb.get(verb) ?? new Map<string, number>();
    nounsByVerb.set(verb, nouns.set(noun, (nouns.get(noun) ?? 0) + 1));
  }
  const ranked = [...nounsByVerb]
    .map(([verb, nouns]) => ({
      verb,
      rows: sum(nouns.values()),
      nouns: [...nouns].map(([noun, rows]) => ({ noun, rows })),
    }))
    .sort((a, b) => b.rows - a.rows || compare(a.verb, b.verb));
  return {
    read: found.length,
    unread,
    withVerb: found.filter(({ verb }) => verb !== null).length,
    withPair: sum(ranked.map(({ rows }) => rows)),
    distinctVerbs: verbs.size,
    distinctPairs: sum(ranked.map(({ nouns }) => nouns.length)),
    top: ranked.slice(0, VERBS).map(({ nouns, ...verb }) => ({
      ...verb,
      nouns: nouns.sort((a, b) => b.rows - a.rows || compare(a.noun, b.noun)).slice(0, NOUNS),
    })),
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

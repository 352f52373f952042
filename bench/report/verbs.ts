import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readRows } from '../../activities/artifacts/rows.ts';
import { rootVerb, type VerbNoun } from '../../activities/report/rows/root-verb.ts';
import type { VerbAccuracy } from '../../activities/report/rows/verb-accuracy.ts';

const FIXTURE = fileURLToPath(new URL('../../test/fixtures/report/verb-nouns.jsonl', import.meta.url));

const labelled = z.strictObject({
  instruction: z.string(),
  source: z.enum(['seed-tasks', 'offline-teacher']),
  /** whether the rules were made looking at it */
  part: z.enum(['tuning', 'held-out']),
  verb: z.string().nullable(),
  noun: z.string().nullable(),
});

/** How often root verb and noun are what a person read, on both parts of the labelled instructions. */
export async function benchVerbs(): Promise<Record<string, unknown>> {
  const rows = await readRows(FIXTURE, labelled);
  return Object.fromEntries(
    ['held-out', 'tuning'].map((part) => [
      part,
      measureAccuracy(
        rows.filter((row) => row.part === part),
        rootVerb,
      ),
    ]),
  );
}

function measureAccuracy(
  rows: readonly z.infer<typeof labelled>[],
  read: (instruction: string) => VerbNoun,
): VerbAccuracy {
  const answers = rows.map(({ instruction, verb, noun }) => {
    const found = read(instruction);
    return { verb: found.verb === verb, both: found.verb === verb && found.noun === noun };
  });
  return {
    instructions: rows.length,
    verbsRight: answers.filter(({ verb }) => verb).length,
    bothRight: answers.filter(({ both }) => both).length,
  };
}

import { availableParallelism } from 'node:os';
import type { DataRow } from '../../workflows/contracts/data.ts';
import {
  type Decontamination,
  type DropRule,
  dropRule,
  type FilterInput,
  type FilterResult,
  type Verdict,
} from '../../workflows/contracts/filter.ts';
import { languagesOf } from '../../workflows/contracts/run/shares.ts';
import { wordsBy } from '../../workflows/contracts/run.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { tokenizationOfLanguages } from '../artifacts/languages/language.ts';
import { readRows } from '../artifacts/rows.ts';
import { type ArtifactStore, nameOf, type Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { Conversation } from '../process/threads.ts';
import { anyDataRow, storeDivided } from './divided-rows.ts';
import type { LookOptions } from './look.ts';
import type { LookReply, LookRequest } from './look-thread.ts';
import { openBenchmarks } from './overlap/benchmark.ts';

/**
 * The filter step on artifacts: rows in, kept and dropped rows out. What is written depends on the rows and the settings
 * alone, whatever the number of threads. A seed task is read as its first instance; `builtin` is the seed tasks.
 *
 * @throws AlpacaError InvalidInput for a bad row, a file to hold rows against that has no texts, and neighbours of other
 *   rows; NotFound
 */
export async function filterRows(
  input: FilterInput,
  { store, threads = availableParallelism() }: { store: ArtifactStore; threads?: number },
  attempt: Attempt,
): Promise<FilterResult> {
  const { signal } = attempt;
  const { language, languages, decontaminate } = input;
  const data = await store.resolve(input.data, 'dataset', builtinPath('seed-tasks', language), signal);
  const rows = await readRows(await store.open(data), anyDataRow, nameOf(input.data), { signal });
  const { against, texts } = await openBenchmarks(decontaminate?.files ?? [], input, store, signal);
  const overlap =
    decontaminate === null
      ? null
      : {
          ...decontaminate,
          texts,
          files: against.map(({ uri }) => uri),
          tokenization: decontaminate.tokenization ?? wordsBy(tokenizationOfLanguages(languagesOf(input))),
        };
  const verdicts = await lookAt(rows, { rules: input.rules, language, overlap }, threads, attempt);

  const about: Provenance = {
    madeBy: 'filter',
    madeFrom: {
      data: data.sha256,
      ...Object.fromEntries(against.map(({ sha256 }, file) => [`against ${file}`, sha256])),
    },
    settings: {
      rules: input.rules,
      language,
      ...(languages && { languages }),
      ...(decontaminate && { decontaminate: overlapSettings(decontaminate) }),
    },
  };
  const divided = await storeDivided(
    store,
    { rows, verdicts, places: rows.keys(), before: [], similarity: input.similarity },
    about,
    attempt,
  );
  return { ...divided, against, droppedBy: countVerdicts(verdicts, input), grades: null };
}

/** Without the files, which are what it was made from. */
function overlapSettings({ files: _, ...settings }: Decontamination): Omit<Decontamination, 'files'> {
  return settings;
}

/** Rows that a thread looks at, at a time. */
const BATCH_ROWS = 500;

/** The verdict of each row. Batches go to the threads in turn, and come back in their order. */
async function lookAt(
  rows: readonly DataRow[],
  options: LookOptions,
  threads: number,
  attempt: Attempt,
): Promise<(Verdict | null)[]> {
  const batches = Math.ceil(rows.length / BATCH_ROWS);
  const script = new URL('./look-thread.ts', import.meta.url);
  const lookers = Array.from(
    { length: Math.min(threads, batches) },
    () => new Conversation<LookRequest, LookReply>(script, options, attempt.signal),
  );
  const replies: LookReply[] = [];
  let [next, done] = [0, 0];
  try {
    await Promise.all(
      lookers.map(async (looker) => {
        while (next < batches) {
          const batch = next++;
          const asked = rows.slice(batch * BATCH_ROWS, (batch + 1) * BATCH_ROWS);
          replies[batch] = await looker.ask(asked.map(({ provenance: _, ...row }) => row));
          done += asked.length;
          attempt.report({ done, total: rows.length, unit: 'rows' });
        }
      }),
    );
  } finally {
    await Promise.all(lookers.map((looker) => looker.close()));
  }
  return replies.flat();
}

/** Of the rules that are on, in their order. */
function countVerdicts(
  verdicts: readonly (Verdict | null)[],
  { rules, decontaminate }: FilterInput,
): FilterResult['droppedBy'] {
  const on = new Set<DropRule>(rules);
  if (decontaminate?.exact) on.add('same-text');
  if (decontaminate && decontaminate.words !== null) on.add('same-words');
  if (decontaminate && decontaminate.rougeL !== null) on.add('similar-text');
  const counts: FilterResult['droppedBy'] = {};
  for (const rule of dropRule.options)
    if (on.has(rule)) counts[rule] = verdicts.filter((verdict) => verdict?.rule === rule).length;
  return counts;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRows, toJsonLines } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { filterRows } from '../../activities/filter/filter-rows.ts';
import { generateToFile } from '../../activities/generate/generate-to-file.ts';
import { loadProfiles } from '../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../workers/offline-teacher/server.ts';
import { type RecipeRow, recipeRow } from '../../workflows/contracts/data.ts';
import { filterInput } from '../../workflows/contracts/filter.ts';
import { generateInput } from '../../workflows/contracts/generate.ts';
import { spoil } from './spoil.ts';

const METHODS = ['alpaca', 'self-instruct'] as const;
type Method = (typeof METHODS)[number];

/** A target counts rows, or in Self-Instruct instructions, of which the offline teacher's have more than one. */
const ROWS_PER_TARGET = { alpaca: 1, 'self-instruct': 1.2 };

/** Seeds of the rows to learn from, and of those to be measured on: their prompts show other tasks. */
const RUN_SEEDS = { training: 42, heldOut: 4242 };

export interface DataSets {
  /** of the offline teacher, by both methods, in none of the rows to learn from */
  heldOut: Record<Method, RecipeRow[]>;
  arms: Record<Arm, RecipeRow[]>;
  /** rows that the filter dropped, by its rules: of rows as they were generated, and of spoiled ones */
  dropped: { alpaca: Dropped; 'self-instruct': Dropped; spoiled: Dropped };
  /** rows to learn from that were left out, since they are held out */
  leftOut: number;
}
type Dropped = Partial<Record<string, number>>;

export const ARMS = ['alpaca', 'self-instruct', 'alpaca spoiled', 'alpaca spoiled, filtered'] as const;
export type Arm = (typeof ARMS)[number];

export interface Sizes {
  /** rows to learn from of each method */
  rows: number;
  /** of each method */
  heldOutRows: number;
}

/** What the arms learn from, whole, and what all of them are measured on. */
export async function makeDataSets(sizes: Sizes, store: ArtifactStore, folder: string): Promise<DataSets> {
  const heldOut = await byMethod((method) => generated(method, sizes.heldOutRows, RUN_SEEDS.heldOut, store));
  const heldOutTexts = new Set([...heldOut.alpaca, ...heldOut['self-instruct']].map(textOf));
  let leftOut = 0;
  const training = await byMethod(async (method) => {
    const rows = await generated(method, sizes.rows, RUN_SEEDS.training, store);
    const kept = rows.filter((row) => !heldOutTexts.has(textOf(row)));
    leftOut += rows.length - kept.length;
    return kept;
  });
  const unspoiled = await filtered(training.alpaca, store, folder);
  const spoiled = spoil(training.alpaca);
  const mended = await filtered(spoiled, store, folder);
  return {
    heldOut,
    leftOut,
    arms: {
      ...training,
      'alpaca spoiled': spoiled,
      'alpaca spoiled, filtered': mended.rows,
    },
    dropped: {
      alpaca: unspoiled.droppedBy,
      'self-instruct': (await filtered(training['self-instruct'], store, folder)).droppedBy,
      spoiled: mended.droppedBy,
    },
  };
}

async function byMethod<Value>(make: (method: Method) => Promise<Value>): Promise<Record<Method, Value>> {
  return { alpaca: await make('alpaca'), 'self-instruct': await make('self-instruct') };
}

/** A task as the model reads it, but for case and white space. */
function textOf({ instruction, input }: RecipeRow): string {
  return `${instruction}\n${input}`.toLowerCase().replace(/\s+/g, ' ').trim();
}

/** So many rows, or a few less; Self-Instruct's are of fewer instructions. */
async function generated(
  method: Method,
  rows: number,
  runSeed: number,
  store: ArtifactStore,
): Promise<RecipeRow[]> {
  const teacher = await startOfflineTeacher();
  try {
    const profiles = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
    const ledger = `${method}-${runSeed}`;
    const target = Math.ceil(rows / ROWS_PER_TARGET[method]);
    const input = generateInput.parse({ method, runSeed, ledger, target, concurrency: 16 });
    const { data } = await generateToFile(input, { store, profiles, env: {} }, unwatched);
    return (await readRows(await store.open(data), recipeRow)).slice(0, rows);
  } finally {
    await teacher.close();
  }
}

/** What the filter keeps, by all its rules, and how many rows each dropped. */
export async function filtered(rows: readonly RecipeRow[], store: ArtifactStore, folder: string) {
  const data = join(folder, 'to-filter.jsonl');
  await writeFile(data, toJsonLines(rows));
  const result = await filterRows(filterInput.parse({ data }), { store }, unwatched);
  const droppedBy = Object.fromEntries(Object.entries(result.droppedBy).filter(([, count]) => count > 0));
  return { rows: await readRows(await store.open(result.data), recipeRow), droppedBy };
}

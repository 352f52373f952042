import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { createRunOpener, type GenerationRun } from '../../../../activities/generate/generation-run.ts';
import type { TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import type { SeedTask } from '../../../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../../../workflows/contracts/generate.ts';

export const SEED_TASKS: SeedTask[] = [
  'Sort the given words',
  'Name a warm colour',
  'Add the numbers given',
].map((instruction, index) => ({
  id: `seed-${index}`,
  name: `task ${index}`,
  instruction,
  instances: [{ input: index === 1 ? '' : `input ${index}`, output: `output ${index}` }],
  is_classification: false,
}));

export interface TemporaryStore extends AsyncDisposable {
  store: ArtifactStore;
  folder: string;
}

export async function temporaryStore(): Promise<TemporaryStore> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-generate-'));
  return {
    folder,
    store: createLocalStore({ root: join(folder, 'store'), importFolders: [folder] }),
    // A process that asked says behind the test's end that nothing is on the way any more.
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, maxRetries: 10, retryDelay: 20 }),
  };
}

/** A small run: three seed tasks, one shown, two prompts a request, four instructions asked for in all. */
export async function openSmallRun(
  store: ArtifactStore,
  profile: TeacherProfile,
  overrides: Partial<RequestSettings> = {},
): Promise<GenerationRun> {
  const seedTasks = await store.putFile('seed-tasks', 'seed-tasks.jsonl', toJsonLines(SEED_TASKS), {
    rows: SEED_TASKS.length,
    madeBy: 'test',
  });
  return createRunOpener({ store, profiles: { names: [profile.name], get: () => profile }, env: {} })({
    runSeed: 42,
    language: 'en',
    teacher: profile.name,
    seedTasksPerPrompt: 1,
    promptsPerRequest: 2,
    instructionsPerPrompt: 5,
    temperature: 1,
    topP: 1,
    maxTokens: 64,
    turns: 1,
    ledger: 'test',
    seedTasks,
    ...{ seesAfter: null, shares: null, stage: null, tasks: null },
    ...overrides,
  });
}

/** An answer that goes on from one shown task: `2. Instruction:` was the prompt's last line. */
export function answerWith(...instructions: string[]): string {
  return instructions
    .map((instruction, index) => {
      const number = index + 2;
      const heading = index === 0 ? '' : `###\n${number}. Instruction:`;
      return `${heading} ${instruction}\n${number}. Input:\n<noinput>\n${number}. Output:\nout ${instruction}\n`;
    })
    .join('');
}

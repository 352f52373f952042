import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { withCandidate } from '../../activities/evaluate/answers/candidate.ts';
import { measureExactMatch } from '../../activities/evaluate/answers/exact-match.ts';
import { type MeanLoss, measureLoss } from '../../activities/evaluate/held-out/held-out.ts';
import { countTargets, type Example } from '../../activities/model/example.ts';
import { openModel } from '../../activities/model/model-process.ts';
import { tokenizeRows } from '../../activities/tokenize/tokenize-rows.ts';
import { readTokens } from '../../activities/tokenize/tokens.ts';
import { exportModel } from '../../activities/train/export-model.ts';
import { askDevice } from '../../activities/train/memory-plan/ask-device.ts';
import { planTraining } from '../../activities/train/plan/plan-training.ts';
import { mergeShards } from '../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../activities/train/shard.ts';
import { rightAnswer } from '../../workers/offline-teacher/tasks/tasks.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { type TokenizeResult, tokenizeInput } from '../../workflows/contracts/tokenize.ts';
import { trainInput } from '../../workflows/contracts/train.ts';
import { trainingSettingsOf } from '../../workflows/contracts/train-activities.ts';
import { runTraining } from '../../workflows/decisions/training-course.ts';

/** Rows that take no part in the tokenize step's own split. */
export async function tokenizeAll(
  rows: readonly RecipeRow[],
  store: ArtifactStore,
  folder: string,
): Promise<TokenizeResult> {
  const data = join(folder, 'to-tokenize.jsonl');
  await writeFile(data, toJsonLines(rows));
  return tokenizeRows(tokenizeInput.parse({ data, heldOut: 0 }), { store }, unwatched);
}

/** Target tokens of each row; 0 of one that has none, which is in no tokens. */
export async function targetsOf(
  rows: readonly RecipeRow[],
  store: ArtifactStore,
  folder: string,
): Promise<number[]> {
  const { tokens } = await tokenizeAll(rows, store, folder);
  const targets = rows.map(() => 0);
  for (const example of await readTokens(await store.open(tokens)))
    targets[example.row] = countTargets(example);
  return targets;
}

export interface HeldOut {
  /** of each part by itself */
  tokens: (readonly Example[])[];
  rows: readonly RecipeRow[];
}

export interface Measured {
  /** nats per target token, of all parts together and of each */
  loss: number;
  losses: number[];
  exactMatch: { right: number; rows: number };
}

/** Trains the built-in model on rows, and measures it on the same held-out rows as every other. */
export async function trainAndMeasure(
  rows: readonly RecipeRow[],
  { runSeed, epochs }: { runSeed: number; epochs: number },
  heldOut: HeldOut,
  store: ArtifactStore,
  folder: string,
): Promise<Measured> {
  const tokenized = await tokenizeAll(rows, store, folder);
  const deps = { store, askMemory: () => askDevice(unwatched) };
  const settings = trainingSettingsOf(trainInput.parse({ runSeed, epochs, shardsPerEpoch: 1 }));
  const activities = {
    planTraining: (input: Parameters<typeof planTraining>[0]) => planTraining(input, deps),
    trainShard: (input: Parameters<typeof trainShard>[0]) => trainShard(input, deps, unwatched, 1),
    mergeShards: (input: Parameters<typeof mergeShards>[0]) => mergeShards(input, deps, unwatched, 1),
    // What is held out here is measured once, at the end, together with the answers.
    measureLoss: async () => ({ loss: null }),
    exportModel: (input: Parameters<typeof exportModel>[0]) => exportModel(input, deps),
  };
  const run = `does-it-help-${runSeed}-${tokenized.tokens.sha256.slice(0, 16)}`;
  const { model } = await runTraining<number | null>(
    { settings, run, ...tokenized },
    { activities: () => activities, shards: inTurn },
  );
  return measure(await store.open(model), heldOut, store);
}

async function measure(path: string, heldOut: HeldOut, store: ArtifactStore): Promise<Measured> {
  const seed = 0;
  const rooms = { openModel, workspace: () => store.workspace('does-it-help') };
  return withCandidate(path, seed, rooms, unwatched, async (candidate) => {
    const parts: MeanLoss[] = [];
    for (const tokens of heldOut.tokens)
      parts.push(await measureLoss(candidate.inference, tokens, 'held out', unwatched));
    const targets = parts.reduce((sum, part) => sum + part.targets, 0);
    const asked = { candidate, heldOut: heldOut.rows, rightAnswer, seed };
    const { right = 0, rows = 0 } = (await measureExactMatch(asked, unwatched)) ?? {};
    return {
      loss: parts.reduce((sum, part) => sum + part.loss * part.targets, 0) / targets,
      losses: parts.map(({ loss }) => loss),
      exactMatch: { right, rows },
    };
  });
}

async function inTurn<Result>(works: readonly (() => Promise<Result>)[]): Promise<{ done: Result }[]> {
  const begun: { done: Result }[] = [];
  for (const work of works) begun.push({ done: await work() });
  return begun;
}

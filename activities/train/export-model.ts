import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainActivities } from '../../workflows/contracts/activities.ts';
import type { ArtifactReference } from '../../workflows/contracts/reference.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { readConfig, writeModel } from '../model/folder/folder.ts';
import { readCheckpoint } from './checkpoint.ts';
import { identityDigest } from './identity.ts';
import { gatherMetrics, toLines } from './metrics.ts';

/** Writes a checkpoint's weights as a Hugging Face folder, and the metrics of the steps that led to it. */
export async function exportModel(
  { run, model, checkpoint }: Parameters<TrainActivities['exportModel']>[0],
  { store }: { store: ArtifactStore },
): Promise<{ model: ArtifactReference; metrics: ArtifactReference }> {
  const base = await store.open(model);
  const { state, weights } = await readCheckpoint(await store.open(checkpoint));
  const about = { madeBy: 'train', madeFrom: { model: model.uri, checkpoint: checkpoint.uri } };

  const workspace = await store.workspace('model');
  try {
    const folder = join(workspace, 'model');
    await writeModel(folder, { config: await readConfig(base), weights, from: base });
    const key = { run, identity: identityDigest(state.identity) };
    const metrics = await gatherMetrics(store, key, state.step);
    return {
      model: await store.take('model', folder, about),
      metrics: await store.putFile('metrics', 'metrics.jsonl', toLines(metrics), {
        ...about,
        rows: metrics.length,
      }),
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { exportModel } from '../../../activities/train/export-model.ts';
import { readRunTraining } from '../../../activities/train/run-training.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { RunSource } from '../../runs/runs.ts';
import type { ModelCatalog } from '../models-on-demand.ts';
import { isMarkedDeleted, listDeleted, readJob } from './job-records.ts';
import { isJobId, jobInName } from './model-name.ts';

/**
 * A catalog in which what jobs have trained goes by its `ft:` name, and its checkpoints by theirs; what was deleted is
 * not in it.
 */
export function withJobModels(
  catalog: ModelCatalog,
  { store, runs }: { store: ArtifactStore; runs: Pick<RunSource, 'view'> },
): ModelCatalog {
  /** a job's name never changes */
  const namesOfJobs = new Map<string, string>();
  async function shownName(name: string): Promise<string> {
    if (!isJobId(name)) return name;
    const known = namesOfJobs.get(name) ?? (await readJob(store, name))?.fineTunedModel ?? name;
    namesOfJobs.set(name, known);
    return known;
  }

  return {
    async names() {
      const [names, deleted] = await Promise.all([catalog.names(), listDeleted(store)]);
      return Promise.all(names.filter((name) => !deleted.has(name)).map(shownName));
    },
    isDeleted: async (name) => {
      const jobId = jobInName(name)?.jobId ?? name;
      return isJobId(jobId) && isMarkedDeleted(store, jobId);
    },
    async folderOf(name) {
      const named = jobInName(name);
      if (named === null) return catalog.folderOf(name);
      const { jobId, model, step } = named;
      if ((await shownName(jobId)) !== model) return null;
      if (step === null) return catalog.folderOf(jobId);
      const found = await checkpointModel(jobId, step, { store, runs });
      return found && store.open(found);
    },
  };
}

/** A checkpoint of a job that has succeeded, as a model: made when it is first asked for; null where there is none. */
export async function checkpointModel(
  jobId: string,
  step: number,
  { store, runs }: { store: ArtifactStore; runs: Pick<RunSource, 'view'> },
): Promise<ArtifactReference | null> {
  const { result } = await runs.view(jobId);
  const run = `${jobId}/train`;
  const { checkpoints } = await readRunTraining(store, run);
  const found = checkpoints.find((kept) => kept.step === step);
  if (result === null || found === undefined) return null;
  const { model } = await exportModel(
    { run, model: result.tokenize.model, checkpoint: found.checkpoint, steps: step },
    { store },
  );
  return model;
}

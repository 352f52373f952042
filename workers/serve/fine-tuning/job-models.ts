import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { exportModel } from '../../../activities/train/export-model.ts';
import { readRunTraining } from '../../../activities/train/run-training.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { RUN_ID } from '../../find-run.ts';
import type { RunSource } from '../../runs/runs.ts';
import type { ModelCatalog } from '../models-on-demand.ts';
import { nullIfUnknown, reaching } from '../run-models.ts';
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

  /** workflow ids by the run ids that they were asked for by, which never change */
  const workflowIds = new Map<string, string>();
  /** The workflow id of the run that a name is of, whatever of the run it names: a run id, or a step. */
  async function runNamed(name: string): Promise<string> {
    let workflowId = RUN_ID.test(name) ? workflowIds.get(name) : name;
    if (workflowId === undefined) {
      const run = await reaching(() => runs.view(name)).catch(nullIfUnknown);
      if (run === null) return name;
      workflowId = run.workflowId;
      workflowIds.set(name, workflowId);
    }
    return workflowId.split('/')[0] ?? workflowId;
  }

  return {
    async names() {
      const names = await catalog.names(await listDeleted(store));
      return Promise.all(names.map(shownName));
    },
    isDeleted: async (name) => {
      const jobId = jobInName(name)?.jobId ?? (await runNamed(name));
      return isJobId(jobId) && isMarkedDeleted(store, jobId);
    },
    async about(name) {
      const named = jobInName(name);
      if (named !== null && (await shownName(named.jobId)) !== named.model) return null;
      return catalog.about(named?.jobId ?? name);
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

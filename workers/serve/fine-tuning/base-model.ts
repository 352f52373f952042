import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { unwatched } from '../../../activities/attempt.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { hasRandomWeights, hasWeights } from '../../../activities/model/folder/folder.ts';
import { checkGivenModel } from '../../../activities/model/folder/given-model.ts';
import { openPrepared } from '../../../activities/tokenize/prepared-model.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import { withoutPaths } from '../../without-paths.ts';
import { Refused } from '../openai-errors.ts';
import { BUILTIN } from '../run-models.ts';

/** A model that a job may begin with, as a run takes it. */
export interface BaseModel {
  source: DataSource;
  /** it comes with a chat template of its own, and was taught by it */
  hasOwnForm: boolean;
  /** nothing has trained its weights */
  isRandom: boolean;
  /** tokens that its context holds */
  maxPositions: number;
}

/** Where models are found by what requests call them. */
export interface BaseModels {
  store: ArtifactStore;
  /** the trained model of a run, or of a job; null where there is none of that name */
  trainedModel(name: string): Promise<DataSource | null>;
}

/**
 * Finds a model and looks whether it can be trained: `builtin`, a model that this server serves, an artifact, or a folder
 * beneath the import folders of this worker.
 *
 * @throws Refused where there is none of that name, or it cannot be used
 */
export async function findBase({ store, trainedModel }: BaseModels, name: string): Promise<BaseModel> {
  const builtin = builtinPath('tiny-model', 'en');
  try {
    const source = name === BUILTIN || name.includes('/') ? name : await trainedModel(name);
    if (source === null) throw unknownModel(name);
    const { path, reference } = await store.locate(source, builtin);
    if (reference === null) await checkGivenModel(path);
    const opened = await openPrepared(path, { seed: 0, build: null }, unwatched);
    await opened.close();
    const { hasOwnForm, maxPositions } = opened;
    const isRandom = !(await hasWeights(path)) || (await hasRandomWeights(path));
    return { source, hasOwnForm, isRandom, maxPositions };
  } catch (error) {
    if (!(error instanceof AlpacaError)) throw error;
    if (error.code === 'NotFound') throw unknownModel(name);
    if (error.code !== 'InvalidInput' && error.code !== 'RefusedPath') throw error;
    throw new Refused(400, withoutPaths(error.message), { param: 'model', code: 'invalid_model' });
  }
}

function unknownModel(name: string): Refused {
  return new Refused(404, `There is no model ${name} here: GET /v1/models lists what there is.`, {
    ...{ param: 'model', code: 'model_not_found' },
  });
}

import { z } from 'zod';
import { type ArtifactReference, artifactReference } from '../workflows/contracts/data.ts';
import { type Found, type KnownRun, resultOf } from './find-run.ts';

/** The model that a run of `alpaca` has trained on from, as it was prepared; or why there is none. */
export function baseOfRun(run: KnownRun): Found<ArtifactReference> {
  const schema = z.object({ tokenize: ofTraining }).transform(({ tokenize }) => tokenize.model);
  return resultOf(run, { alpaca: schema }, 'has a base');
}

const ofTraining = z.object({ model: artifactReference });

/** The trained model of a run that has ended, of an `alpaca` or of a `train` workflow; or why it has none. */
export function modelOfRun(run: KnownRun): Found<ArtifactReference> {
  return resultOf(
    run,
    {
      alpaca: z.object({ train: ofTraining }).transform(({ train }) => train.model),
      train: ofTraining.transform(({ model }) => model),
    },
    'has a model',
  );
}

import type { TrainActivities } from '../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import type { LossSum } from '../model/losses.ts';
import { openModel } from '../model/model-process.ts';
import type { TrainedWeights } from '../model/model-requests.ts';
import { readTokens } from '../tokenize/tokens.ts';
import { trainedWeights } from './checkpoint/checkpoint.ts';

/** Rows sent to the model process at once: how often progress is reported. */
const ROWS_AT_ONCE = 64;

/**
 * The mean negative log-likelihood of the targets of tokenized rows, in nats, under a model folder or a
 * checkpoint of it.
 *
 * @throws AlpacaError InvalidInput where the rows have no target
 */
export async function measureLoss(
  { model, checkpoint, tokens }: Parameters<TrainActivities['measureLoss']>[0],
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<{ loss: number; targets: number }> {
  const trained = checkpoint && (await trainedWeights(await store.open(checkpoint)));
  return lossOver(await store.open(tokens), { modelPath: await store.open(model), trained }, attempt);
}

/**
 * The same by paths, of a model folder whose weights a training may have changed.
 *
 * @throws AlpacaError InvalidInput where the rows have no target
 */
export async function lossOver(
  tokensPath: string,
  { modelPath, trained }: { modelPath: string; trained: TrainedWeights | null },
  attempt: Attempt,
): Promise<{ loss: number; targets: number }> {
  const rows = await readTokens(tokensPath);
  const process = await openModel(modelPath, attempt, trained ? { trained } : {});
  const total: LossSum = { targets: 0, sum: 0 };
  try {
    for (let done = 0; done < rows.length; done += ROWS_AT_ONCE) {
      attempt.report({ done, total: rows.length, unit: 'rows' });
      for (const { targets, sum } of await process.losses(rows.slice(done, done + ROWS_AT_ONCE))) {
        total.targets += targets;
        total.sum += sum;
      }
    }
  } finally {
    await process.close();
  }
  if (total.targets === 0) {
    throw new AlpacaError(
      'InvalidInput',
      `There is no loss to measure: the ${rows.length} rows have no target.`,
      {
        remedy: 'Hold out a larger share of the data.',
      },
    );
  }
  return { loss: total.sum / total.targets, targets: total.targets };
}

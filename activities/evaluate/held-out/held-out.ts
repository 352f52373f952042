import type { Attempt } from '../../attempt.ts';
import type { Example, LossSum } from '../../model/example.ts';
import type { Inference } from '../answers/inference.ts';
import { BigramModel } from './bigram.ts';

/** Rows in one call to the model: few, so that a report and a cancellation pass between calls. */
const BATCH = 16;

/** Mean negative log-likelihood in nats per target token, and how many targets it is the mean of. */
export interface MeanLoss {
  targets: number;
  loss: number;
}

/** The loss of a model on rows. `what` names the measurement in progress reports. NaN without targets. */
export async function measureLoss(
  model: Pick<Inference, 'losses'>,
  rows: readonly Example[],
  what: string,
  attempt: Attempt,
): Promise<MeanLoss> {
  const losses: LossSum[] = [];
  for (let start = 0; start < rows.length; start += BATCH) {
    attempt.signal.throwIfAborted();
    losses.push(...(await model.losses(rows.slice(start, start + BATCH))));
    attempt.report({ done: losses.length, total: rows.length, unit: 'held-out rows', note: what });
  }
  return meanOf(losses);
}

/** The loss of an add-one bigram model that is counted on `training` and measured on `heldOut`. */
export function bigramLoss(
  training: Iterable<Example>,
  heldOut: readonly Example[],
  vocabularySize: number,
): MeanLoss {
  const model = new BigramModel(vocabularySize);
  for (const row of training) model.add(row);
  return meanOf(heldOut.map((row) => model.loss(row)));
}

function meanOf(losses: readonly LossSum[]): MeanLoss {
  let targets = 0;
  let sum = 0;
  for (const loss of losses) {
    targets += loss.targets;
    sum += loss.sum;
  }
  return { targets, loss: sum / targets };
}

import { AlpacaError } from '../errors.ts';

/** A tokenized example: what a training step takes, and a loss is measured on. */
export interface Example {
  inputIds: Int32Array;
  /** the ids to predict, aligned with `inputIds`; IGNORED_LABEL where nothing is learnt */
  labels: Int32Array;
  /** the index of its row in the data that it was made from; absent where it was made from none */
  row?: number;
}

/** An example of the data: what a file of tokens holds. */
export interface NumberedExample extends Example {
  row: number;
}

/** The label that no loss is computed for, PyTorch's `ignore_index`. */
export const IGNORED_LABEL = -100;

export const EMPTY_EXAMPLE: Example = { inputIds: new Int32Array(), labels: new Int32Array() };

/** How many tokens of the example are predicted: labels after the first that are not ignored. */
export function countTargets({ labels }: Example): number {
  let count = 0;
  for (let time = 1; time < labels.length; time += 1) if (labels[time] !== IGNORED_LABEL) count += 1;
  return count;
}

/**
 * Checks that an example fits the model.
 *
 * @param name what to call the example in a message
 * @param tooLong what to do about one that the model has not the positions for
 * @throws AlpacaError InvalidInput
 */
export function checkExample(
  { inputIds, labels }: Example,
  { vocabSize, maxPositions }: { vocabSize: number; maxPositions: number },
  name: string,
  tooLong = 'Tokenize with a smaller maxLength.',
): void {
  const wrong = [...inputIds, ...labels].find((id) => id !== IGNORED_LABEL && (id < 0 || id >= vocabSize));
  if (wrong !== undefined || inputIds.includes(IGNORED_LABEL)) {
    throw new AlpacaError(
      'InvalidInput',
      `${name} has the token id ${wrong ?? IGNORED_LABEL}, and the model knows ids below ${vocabSize}.`,
      { remedy: 'Tokenize the data with the tokenizer of this model.' },
    );
  }
  if (inputIds.length > maxPositions) {
    throw new AlpacaError(
      'InvalidInput',
      `${name} has ${inputIds.length} tokens, and the model has ${maxPositions} positions.`,
      { remedy: tooLong },
    );
  }
}

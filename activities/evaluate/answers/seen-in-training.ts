import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { Tokenization } from '../../../workflows/contracts/run.ts';
import { OverlapIndex } from '../../dedupe/rouge/overlap-index.ts';
import { tokenizerFor } from '../../dedupe/rouge/tokenize.ts';
import { Vocabulary } from '../../dedupe/rouge/vocabulary.ts';
import { tokenizationOfTexts } from '../../dedupe/tokenization-choice.ts';
import type { SeenInTraining } from './instructions.ts';

/** The recipe's own bound for "the same instruction": ROUGE-L F1 strictly above it. */
const THRESHOLD = 0.7;

/**
 * Finds instructions that resemble a training instruction, by the same measure as the dedupe step.
 *
 * @param tokenization null goes by the training instructions, as dedupe does
 */
export async function seenInTraining(
  trainingRows: AsyncIterable<Pick<RecipeRow, 'instruction'>> | Iterable<Pick<RecipeRow, 'instruction'>>,
  tokenization: Tokenization | null,
): Promise<SeenInTraining> {
  const instructions: string[] = [];
  for await (const { instruction } of trainingRows) instructions.push(instruction);
  const vocabulary = new Vocabulary(tokenizerFor(tokenizationOfTexts(tokenization, instructions)));
  const index = new OverlapIndex(THRESHOLD);
  for (const instruction of instructions) index.insert(vocabulary.encode(instruction));
  return (instruction) => index.nearest(vocabulary.encode(instruction)) !== null;
}

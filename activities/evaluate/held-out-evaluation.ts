import type { RecipeRow } from '../../workflows/contracts/rows.ts';
import type { EvaluateResult } from '../../workflows/contracts/steps.ts';
import type { Attempt } from '../attempt.ts';
import { readConfig } from '../model/folder/folder.ts';
import { formatPrompt } from '../tokenize/templates.ts';
import type { TokenizedRow } from './bigram.ts';
import { type CandidateRooms, withCandidate } from './candidate.ts';
import { measureExactMatch } from './exact-match.ts';
import { exchangePrompts } from './exchange.ts';
import { bigramLoss, measureLoss } from './held-out.ts';

export interface HeldOutEvaluation {
  /** local paths of the two model folders */
  modelA: string;
  modelB: string;
  /** held-out rows as tokens and as text; empty where there are none */
  tokens: readonly TokenizedRow[];
  rows: readonly RecipeRow[];
  /** the training rows as tokens, for the bigram baseline; null where they are not known */
  training: readonly TokenizedRow[] | null;
  /** the computed answer; null where the instruction is of no known family */
  rightAnswer: (instruction: string, input: string) => string | null;
  seed: number;
}

/**
 * What can be measured without a judge. Models are opened one after the other, so that memory holds one.
 * `heldOut` is null for fewer than two held-out rows: there is no other prompt to exchange with.
 */
export async function evaluateHeldOut(
  evaluation: HeldOutEvaluation,
  rooms: CandidateRooms,
  attempt: Attempt,
): Promise<Pick<EvaluateResult, 'heldOut' | 'exactMatch'>> {
  const { modelA, modelB, tokens, rows, training, rightAnswer, seed } = evaluation;
  const measurable = tokens.length >= 2;
  if (!measurable && rows.length === 0) return { heldOut: null, exactMatch: null };
  const a = await withCandidate(modelA, seed, rooms, attempt, async (candidate) => ({
    loss: measurable ? await measureLoss(candidate.inference, tokens, 'model A', attempt) : null,
    exchanged: measurable
      ? await measureLoss(candidate.inference, exchangePrompts(tokens, seed), 'prompts exchanged', attempt)
      : null,
    exactMatch: await measureExactMatch(
      {
        candidate,
        heldOut: rows,
        rightAnswer,
        promptOf: (row) => formatPrompt(row, candidate.template),
        seed,
      },
      attempt,
    ),
  }));
  if (a.loss === null || a.exchanged === null || a.loss.targets === 0) {
    return { heldOut: null, exactMatch: a.exactMatch };
  }
  const b = await withCandidate(modelB, seed, rooms, attempt, ({ inference }) =>
    measureLoss(inference, tokens, 'model B', attempt),
  );
  const { vocabSize } = await readConfig(modelA);
  return {
    heldOut: {
      rows: tokens.length,
      targets: a.loss.targets,
      lossA: a.loss.loss,
      lossB: b.loss,
      lossPromptsExchanged: a.exchanged.loss,
      lossBigram: training === null ? null : bigramLoss(training, tokens, vocabSize).loss,
    },
    exactMatch: a.exactMatch,
  };
}

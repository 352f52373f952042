import type { GenerateInput, GenerateResult } from '../contracts/generate.ts';
import type { GenerationEstimate } from '../contracts/generate-activities.ts';
import { isTurnStage } from '../contracts/run/stages.ts';
import type { GenerationState } from './generation-state.ts';
import { usd } from './screen/money-text.ts';
import { collapseReason, mostFrequentLoss, yieldText } from './yield-text.ts';

/** Why a generation cannot begin, or ends with nothing; the same words whoever drives it. */
export interface Explanation {
  message: string;
  remedy: string;
}

/** A paid teacher and no budget. */
export function budgetRequired(
  { teacher, target }: Pick<GenerateInput, 'teacher' | 'target'>,
  estimate: Omit<GenerationEstimate, 'batch'>,
): Explanation {
  return {
    message: `The teacher "${teacher}" costs money, and there is no budget: ${expected(target, estimate)}.`,
    remedy:
      'Give a budget in dollars (--budget, or budgetUsd in the input): nothing is asked whose worst case could pass it.',
  };
}

/**
 * A budget that not one request fits.
 *
 * @param heldBackUsd dollars that what it brings would take in the stages to come; 0 where there are none
 */
export function budgetTooSmall(
  { target, budgetUsd }: Pick<GenerateInput, 'target' | 'budgetUsd'>,
  estimate: Omit<GenerationEstimate, 'batch'>,
  heldBackUsd: number,
): Explanation {
  const later =
    heldBackUsd === 0 ? '' : `, and what it brings ${usd(heldBackUsd)} more in the stages to come`;
  return {
    message: `The budget of ${usd(budgetUsd ?? 0)} does not cover one request: ${expected(target, estimate)}${later}.`,
    remedy: 'Raise the budget, or lower promptsPerRequest or maxTokens.',
  };
}

/** What of a generation says whether it came near its target. */
export interface Reached {
  accepted: number;
  wanted: number;
  counts: GenerationState['yield'];
  stopReason: GenerateResult['stopReason'] | undefined;
  /** a turn's stage ends with its tasks, however few of them have gone on; null for that of Alpaca's rows */
  stage: string | null;
}

/** Why nothing goes on with a generation unasked: its yield collapsed far below the target; null where it may. */
export function shortOfTarget(
  { leastShare }: Pick<GenerateInput, 'leastShare'>,
  { accepted, wanted, counts, stopReason, stage }: Reached,
): string | null {
  const mayBeShort = stopReason === 'yield-collapsed' || isTurnStage(stage);
  if (!mayBeShort || accepted === 0 || accepted >= leastShare * wanted) return null;
  return `generation ended early with ${accepted} of ${wanted} accepted: ${collapseReason(counts)}`;
}

/** What was lost is paid for, and was never a refusal: a budget may end with nothing else. */
export function nothingAccepted(
  { teacher, ledger }: Pick<GenerateInput, 'teacher' | 'ledger'>,
  { taken, totals, yield: counts, stage, earlier }: GenerationState,
): Explanation {
  const before = earlier.at(-1);
  if (before !== undefined && taken === 0)
    return {
      message: `${earlier[0]?.data.rows} instructions were accepted, and the budget ended before their ${stage} were asked for: there are no rows (${usd(totals.costUsd)} booked).`,
      remedy: `Everything is in the ledger "${ledger}": start it again with a higher budget, and nothing is paid twice.`,
    };
  if (taken === 0 && totals.prompts > 0)
    return {
      message: `No instruction was accepted: the budget ended before the first request was answered, though later ones were (${usd(totals.costUsd)} booked).`,
      remedy: `Their answers are in the ledger "${ledger}": start it again with a higher budget, and nothing is paid twice.`,
    };
  const isLost = mostFrequentLoss(counts) === null && totals.lost > totals.refused;
  const reason = isLost ? `${totals.lost} answers were lost` : collapseReason(counts);
  return {
    message: `No instruction was accepted from ${taken} requests: ${reason} (${yieldText(counts)}; ${usd(totals.costUsd)} booked).`,
    remedy: isLost
      ? `Look whether "baseUrl" of the teacher "${teacher}" names an endpoint that answers in OpenAI’s form and in time, before a higher budget.`
      : mostFrequentLoss(counts) === null
        ? `Look at the seed tasks: what their prompts ask for the teacher "${teacher}" will not do.`
        : `Look at the answers in the ledger "${ledger}": ${counts.parsed === 0 ? 'they may have no text, or ' : ''}the teacher "${teacher}" may not follow the prompt's format.`,
  };
}

function expected(target: number, estimate: Omit<GenerationEstimate, 'batch'>): string {
  const { requests, costUsd, worstCaseRequestUsd } = estimate;
  return `about ${requests} requests and ${usd(costUsd)} are expected for ${target} instructions, and one request can cost up to ${usd(worstCaseRequestUsd)}`;
}

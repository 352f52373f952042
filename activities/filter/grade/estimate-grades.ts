import type { Estimated } from '../../../workflows/contracts/progress.ts';
import { within } from '../../../workflows/decisions/forecast/forecasting.ts';
import { costUsd, likelyTokens, type Price } from '../../teacher/profile/prices.ts';
import { type GradeQuestion, gradeMessages } from './grade-prompt.ts';

/** A sentence and the JSON around it; a judge that thinks may take all that it is allowed. */
const LIKELY_GRADE_TOKENS = 50;

/** Prompts are measured by characters, not by the model's own tokenizer. */
const PROMPT_FACTOR = 1.2;

export interface GradePlan {
  /** at the most: what the free rules drop is not graded */
  rows: number;
  /** of a row's instruction, input and output */
  tokensPerRow: number;
  question: GradeQuestion;
  verdictTokens: number;
  judge: Price;
  /** null where one judge is asked */
  second: Price | null;
  /** rows that the second grades */
  sample: number;
}

export interface GradeEstimate {
  /** of both judges, at the most */
  grades: number;
  costUsd: Estimated;
}

/** What grades will likely cost. */
export function estimateGrades(plan: GradePlan): GradeEstimate {
  const around = likelyTokens(
    gradeMessages({ instruction: '', input: '', output: '' }, plan.question)
      .map(({ content }) => content)
      .join('\n'),
  );
  const prompt = within(around + plan.tokensPerRow, PROMPT_FACTOR);
  const sampled = plan.second === null ? 0 : Math.min(plan.sample, plan.rows);
  const at = (bound: keyof Estimated) => {
    const usage = {
      promptTokens: prompt[bound],
      completionTokens:
        bound === 'high' ? plan.verdictTokens : Math.min(LIKELY_GRADE_TOKENS, plan.verdictTokens),
    };
    return plan.rows * costUsd(usage, plan.judge) + (plan.second ? sampled * costUsd(usage, plan.second) : 0);
  };
  return {
    grades: plan.rows + sampled,
    costUsd: { value: at('value'), low: at('low'), high: at('high') },
  };
}

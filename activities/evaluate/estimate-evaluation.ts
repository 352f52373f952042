import { comparedPairs } from '../../workflows/contracts/evaluate.ts';
import type { Estimated } from '../../workflows/contracts/progress.ts';
import { apply, within } from '../../workflows/decisions/forecast/forecasting.ts';
import { costUsd, likelyTokens, type Price } from '../teacher/profile/prices.ts';
import { formatPrompt } from '../tokenize/templates.ts';
import type { Question } from './answers/instructions.ts';
import { judgeMessages } from './judge/judge-prompt.ts';

/** Of the tokens that an answer may have, and by how many that may be wrong. */
const ANSWER_SHARE = 0.5;
const ANSWER_FACTOR = 2;
/** The JSON object alone; a judge that thinks may take all that it is allowed. */
const LIKELY_VERDICT_TOKENS = 12;

/** Prompts are measured by characters, not by the model's own tokenizer. */
const PROMPT_FACTOR = 1.2;

export interface EvaluationPlan {
  /** of which `maxInstructions` are asked at the most */
  questions: readonly Question[];
  maxInstructions: number;
  maxNewTokens: number;
  verdictTokens: number;
  /** all that are compared, the two models included */
  candidates: number;
  /** each against the first, or every pair */
  pairs: 'first' | 'all';
  judge: Price;
  /** of those candidates that are teachers */
  teachers: readonly Price[];
}

export interface EvaluationEstimate {
  /** both orders of every pair, at the most: equal answers are not judged */
  verdicts: number;
  /** by teachers that are compared */
  answers: number;
  costUsd: Estimated;
}

/** What judging, and answers of teachers, will likely cost. No record is kept that it could learn from. */
export function estimateEvaluation(plan: EvaluationPlan): EvaluationEstimate {
  const { questions, candidates, teachers } = plan;
  const asked = Math.min(plan.maxInstructions, questions.length);
  const verdicts = 2 * asked * comparedPairs(candidates, plan.pairs).length;
  const answerTokens = apply(within(ANSWER_SHARE * plan.maxNewTokens, ANSWER_FACTOR), (tokens) =>
    Math.min(plan.maxNewTokens, tokens),
  );
  const judging = meanOver(questions, (question) =>
    judgeMessages({ ...question, first: '', second: '' })
      .map(({ content }) => content)
      .join('\n'),
  );
  const answering = meanOver(questions, formatPrompt);
  const at = (bound: keyof Estimated) => {
    const verdict = {
      promptTokens: within(judging, PROMPT_FACTOR)[bound] + 2 * answerTokens[bound],
      completionTokens: bound === 'high' ? plan.verdictTokens : LIKELY_VERDICT_TOKENS,
    };
    const answer = {
      promptTokens: within(answering, PROMPT_FACTOR)[bound],
      completionTokens: answerTokens[bound],
    };
    const answers = teachers.reduce((sum, price) => sum + asked * costUsd(answer, price), 0);
    return verdicts * costUsd(verdict, plan.judge) + answers;
  };
  return {
    verdicts,
    answers: asked * teachers.length,
    costUsd: { value: at('value'), low: at('low'), high: at('high') },
  };
}

function meanOver(questions: readonly Question[], text: (question: Question) => string): number {
  const tokens = questions.reduce((sum, question) => sum + likelyTokens(text(question)), 0);
  return questions.length === 0 ? 0 : tokens / questions.length;
}

import { createInterface } from 'node:readline/promises';
import { gradersNamed } from '../../../activities/filter/grade/graders.ts';
import type { CostEstimate } from '../../../activities/generate/assumptions.ts';
import { isFree } from '../../../activities/teacher/profile/prices.ts';
import { priceOf } from '../../../activities/teacher/profile/profiles.ts';
import type { EmbeddingSettings } from '../../../workflows/contracts/dedupe.ts';
import { isTeacher } from '../../../workflows/contracts/evaluate.ts';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { forecastText, tokensText } from '../../../workflows/decisions/forecast/forecast-text.ts';
import { heldBackAtFirst } from '../../../workflows/decisions/forecast/later-stages.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { estimateEvaluationOf, estimateRun, evaluationText, localProfiles } from '../../runs/estimate.ts';
import { Interrupted, UsageError } from '../outcome.ts';
import { openStore } from '../place.ts';
import type { Terminal } from '../terminal.ts';
import { estimateGradesOf, gradesEstimateText } from './grade-estimate.ts';

/** The teachers that a run asks: for rows, where it makes any, for grades, for verdicts and for answers to compare. */
export function teachersOf({ generate, filter, evaluate }: AlpacaInput): string[] {
  const compared = evaluate.others.flatMap((source) => (isTeacher(source) ? [source.teacher] : []));
  const forRows = generate.from === null ? [generate.teacher] : [];
  return [...new Set([...forRows, ...gradersNamed(filter?.grade ?? null), evaluate.judge, ...compared])];
}

/**
 * Which of the teachers would be paid: a key in the environment alone never spends.
 *
 * @throws UsageError where one is unknown, or costs money and there is no budget
 */
export async function requireBudget(
  teachers: readonly string[],
  budgetUsd: number | null,
): Promise<string[]> {
  const profiles = await localProfiles(null);
  const unknown = teachers.filter((name) => !profiles.names.includes(name));
  if (unknown.length > 0)
    throw new UsageError(
      `There is no teacher ${unknown.join(' and ')}: known are ${profiles.names.join(', ')}. ` +
        'Name one of these, or add it to the JSON file that ALPACA_TEACHERS names.',
    );
  const paid = teachers.filter((name) => !isFree(priceOf(profiles.get(name))));
  if (paid.length > 0 && budgetUsd === null)
    throw new UsageError(
      `The teacher ${paid.join(' and ')} costs money. Add --budget USD, the most that the run may spend.`,
    );
  return paid;
}

/**
 * Who would be paid for embeddings: nobody, where they are off or free.
 *
 * @throws UsageError where the teacher is unknown, or costs money and there is no budget
 */
export async function requirePaidEmbedding(
  embedding: EmbeddingSettings | null,
  budgetUsd: number | null,
): Promise<string[]> {
  if (embedding === null) return [];
  const { teacher } = embedding;
  const profiles = await localProfiles(null);
  if (!profiles.names.includes(teacher)) await requireBudget([teacher], budgetUsd);
  if (profiles.get(teacher).embeddingUsdPerMillion === 0) return [];
  if (budgetUsd !== null) return [teacher];
  throw new UsageError(
    `Embedding with the teacher ${teacher} costs money. Add --budget USD, the most that may be spent.`,
  );
}

/**
 * What a budget means for an estimate: a warning where it will be reached, null where it is enough.
 *
 * @throws UsageError where it does not cover the worst case of one request: none would be asked
 */
export function budgetWarning(estimate: CostEstimate, budgetUsd: number, onceReached: string): string | null {
  const { costUsd, worstCaseRequestUsd } = estimate;
  const heldBack = heldBackAtFirst(estimate);
  const least = worstCaseRequestUsd + heldBack;
  const later = heldBack === 0 ? '' : `, what it brings ${usd(heldBack)} more in the stages to come`;
  if (least > budgetUsd)
    throw new UsageError(
      `One request can cost ${usd(worstCaseRequestUsd)} at its worst${later}, and the budget is ${usd(budgetUsd)}: none would be asked. ` +
        `Give --budget ${(Math.ceil(least * 100) / 100).toFixed(2)} or more, or lower maxTokens or promptsPerRequest.`,
    );
  if (costUsd <= budgetUsd) return null;
  return `the estimate of ${usd(costUsd)} is above the budget of ${usd(budgetUsd)}: ${onceReached}`;
}

/**
 * Shows the estimate and has it confirmed: by --yes, or by the person at the terminal.
 *
 * @throws UsageError where nobody can be asked; Interrupted where the person says no
 */
export async function confirmSpending(
  input: AlpacaInput,
  paid: readonly string[],
  store: string,
  yes: boolean,
  terminal: Terminal,
): Promise<void> {
  if (paid.length === 0) return;
  if (input.generate.from === null) {
    const estimate = await estimateRun(input, openStore(store));
    terminal.say(
      `estimate for ${input.generate.target} accepted rows from ${input.generate.teacher}: ` +
        `${forecastText(estimate.outlook.forecast)}; ${tokensText(estimate.outlook.forecast)}`,
    );
    const warning = budgetWarning(
      estimate,
      input.budgetUsd ?? 0,
      'once that is spent, the run waits until it is raised',
    );
    if (warning !== null) terminal.say(warning);
  }
  const grades = await estimateGradesOf(input, store, await localProfiles(null));
  for (const line of gradesEstimateText(input.filter?.grade, grades)) terminal.say(line);
  const evaluation = await estimateEvaluationOf(input, openStore(store));
  if (evaluation !== null) terminal.say(evaluationText(input.evaluate.judge, evaluation));
  terminal.say(`the budget is ${usd(input.budgetUsd ?? 0)}`);
  if (!yes) await askToSpend(paid);
}

/** @throws UsageError where nobody can be asked; Interrupted where the person says no */
export async function askToSpend(paid: readonly string[]): Promise<void> {
  if (!process.stdin.isTTY)
    throw new UsageError(`Nobody can be asked here whether to spend at ${paid.join(' and ')}. Add --yes.`);
  const terminalLine = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminalLine.question('Go on? [y/N] ');
  terminalLine.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Interrupted('Nothing was asked, nothing was spent.');
}

import type { EvaluationEstimate } from '../../../activities/evaluate/estimate-evaluation.ts';
import type { GradeEstimate } from '../../../activities/filter/grade/estimate-grades.ts';
import type { CostEstimate } from '../../../activities/generate/assumptions.ts';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { forecastText, tokensText } from '../../../workflows/decisions/forecast/forecast-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { estimateEvaluationOf, estimateRun, evaluationText, localProfiles } from '../../runs/estimate.ts';
import { UsageError } from '../outcome.ts';
import { openStore, storePlace } from '../place.ts';
import type { Terminal } from '../terminal.ts';
import { estimateGradesOf, gradesEstimateText } from './grade-estimate.ts';
import { statePrice } from './price.ts';
import { buildRunInput, checkNamedFiles, importSeeds, type RunInputOptions } from './run-input.ts';

export interface EstimateOptions extends RunInputOptions {
  price?: string;
}

/** `alpaca estimate`: what a run with these options would take. It needs no server and no key. */
export async function estimate(options: EstimateOptions, terminal: Terminal): Promise<void> {
  const asked = await buildRunInput(options);
  if (asked.generate.from !== null)
    throw new UsageError('A run with --from asks no teacher for rows: there is nothing to estimate.');
  await statePrice(options.price, [asked.generate.teacher]);
  await checkNamedFiles(asked);
  const store = storePlace();
  const input = await importSeeds(asked, store);
  const found = await estimateRun(input, openStore(store));
  const grades = await estimateGradesOf(input, store, await localProfiles(null));
  const evaluation = await estimateEvaluationOf(input, openStore(store));
  const { teacher, target } = input.generate;
  const { free, worstCaseRequestUsd, outlook } = found;
  terminal.result(
    {
      ...{ teacher, target, free, budgetUsd: input.budgetUsd, worstCaseRequestUsd },
      ...outlook.forecast,
      ...{ grades, evaluation },
    },
    estimateText(input, { found, grades, evaluation }),
  );
}

interface RunEstimate {
  found: CostEstimate;
  grades: GradeEstimate | null;
  evaluation: EvaluationEstimate | null;
}

/** What a run would take, in lines. */
export function estimateText(
  { generate: { teacher, target }, filter, evaluate: { judge }, budgetUsd }: AlpacaInput,
  {
    found: {
      free,
      worstCaseRequestUsd,
      outlook: { forecast },
    },
    grades,
    evaluation,
  }: RunEstimate,
): string {
  const lines = [
    `${target} accepted rows from ${teacher}, with 95% intervals:`,
    `  ${forecastText(forecast)}`,
    `  ${tokensText(forecast)}`,
  ];
  if (!free) {
    lines.push(`  one request costs at most ${usd(worstCaseRequestUsd)}`);
    lines.push(
      budgetUsd === null
        ? '  the run needs --budget USD, the most that it may spend'
        : `  the budget is ${usd(budgetUsd)}`,
    );
  }
  lines.push(...gradesEstimateText(filter?.grade, grades).map((line) => `  ${line}`));
  if (evaluation !== null) lines.push(`  ${evaluationText(judge, evaluation)}`);
  return lines.join('\n');
}

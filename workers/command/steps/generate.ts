import type { CostEstimate } from '../../../activities/generate/assumptions.ts';
import { generateToFile } from '../../../activities/generate/generate-to-file.ts';
import {
  type GenerateInput,
  type GenerateResult,
  generateInput,
} from '../../../workflows/contracts/generate.ts';
import { forecastText, timeLeftText } from '../../../workflows/decisions/forecast/forecast-text.ts';
import { shortOfTarget } from '../../../workflows/decisions/generation-failures.ts';
import { counted } from '../../../workflows/decisions/screen/counted.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { sharesText } from '../../../workflows/decisions/screen/shares.ts';
import { collapseReason, turnLines, yieldText } from '../../../workflows/decisions/yield-text.ts';
import { fromHere } from '../../runs/from-here.ts';
import { GENERATE_OPTIONS } from '../definitions/step-options.ts';
import { EXIT } from '../outcome.ts';
import { requireFileName } from '../outputs.ts';
import { askToSpend, budgetWarning, requireBudget } from '../run/estimate.ts';
import { statePrice } from '../run/price.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { copyRowsOut } from './rows-out.ts';
import { budgetOption, openStep, retryTeller, terminalAttempt } from './step.ts';
import { startTeachers } from './teachers-here.ts';

/** `alpaca generate`: the generate step's whole loop on files. */
export async function generate(
  options: Record<string, unknown> & { out: string; budget?: string; price?: string; yes?: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, generateInput, GENERATE_OPTIONS);
  const input = parseInput(generateInput, { ...given, ...budgetOption(options) }, 'options');
  const teachers = input.from === null ? [input.teacher] : [];
  await statePrice(options.price, teachers);
  await requireBudget(teachers, input.budgetUsd);
  await requireFileName('--out', options.out);
  const { input: named, store } = await openStep(input, ['seedTasks', 'from']);
  const { profiles, close } = await startTeachers(teachers);
  try {
    const result = await generateToFile(
      named,
      { store, profiles, env: process.env },
      terminalAttempt(signal),
      {
        async estimated(estimate) {
          terminal.say(`estimate: ${forecastText(estimate.outlook.forecast)}`);
          if (!estimate.free) await requireConsent(estimate, input, options.yes ?? false, terminal);
        },
        refined: (forecast) => terminal.say(`forecast: ${forecastText(forecast)}; ${timeLeftText(forecast)}`),
        retrying: retryTeller(terminal),
      },
    );
    const path = await copyRowsOut(store, result.data, options.out);
    terminal.result({ ...result, path }, summaryOf(result, path, input.budgetUsd));
    endByWhatIsShort(result, input, terminal);
  } finally {
    await close();
  }
}

/** @throws UsageError where the budget covers no request, or nobody can be asked; Interrupted where the person says no */
async function requireConsent(
  estimate: CostEstimate,
  { budgetUsd, teacher }: GenerateInput,
  yes: boolean,
  terminal: Terminal,
): Promise<void> {
  terminal.say(`the budget is ${usd(budgetUsd ?? 0)}`);
  const warning = budgetWarning(estimate, budgetUsd ?? 0, 'it ends with what is accepted by then');
  if (warning !== null) terminal.say(warning);
  if (!yes) await askToSpend([teacher]);
}

/** So few rows are written, and no script goes on with them unasked. */
function endByWhatIsShort(
  { selfInstruct, turns, stopReason, yield: first }: GenerateResult,
  input: GenerateInput,
  terminal: Terminal,
): void {
  const ofTarget = {
    ...{ accepted: selfInstruct?.stages[0]?.data.rows ?? first.accepted, wanted: input.target },
    ...{ counts: first, stopReason, stage: null },
  };
  const ofTurns = turns.map(({ stage, stopReason, yield: counts }) => ({
    ...{ accepted: counts.accepted, wanted: counts.asked, counts, stopReason, stage },
  }));
  const [short = null] = [ofTarget, ...ofTurns].flatMap((reached) => shortOfTarget(input, reached) ?? []);
  if (short === null) return;
  terminal.say(`${short}; --least-share 0 takes any number of rows`);
  process.exitCode = EXIT.failed;
}

/** What the command says of its end. */
export function summaryOf(
  {
    data,
    stopReason,
    requests,
    prompts,
    sent,
    costUsd,
    lost,
    misstated = 0,
    yield: counts,
    turns,
    shares,
  }: GenerateResult,
  path: string,
  budgetUsd: number | null,
) {
  const why: Record<GenerateResult['stopReason'], string> = {
    target: 'the target is reached',
    imported: 'no teacher was asked',
    'yield-collapsed': collapseReason(counts),
    // Without a server there is nothing else that ends a run early.
    'stopped-early': `the budget of ${usd(budgetUsd ?? 0)} does not cover another request: the same command goes on from here, with a budget of its own`,
  };
  const reached = sharesText(shares, counts.accepted, true);
  return [
    `${data.rows} rows in ${fromHere(path)} (${why[stopReason]})`,
    `${counted(requests, 'request')}, ${sent} sent, ${usd(costUsd)}`,
    ...(sent < prompts
      ? [
          `${counted(prompts - sent, 'answer')} from the ledger, for nothing: the same call gives the same rows; --ledger NAME asks anew`,
        ]
      : []),
    ...(lost > 0 ? [`${lost} answers were lost, and are booked at the most that they can have cost`] : []),
    ...(misstated > 0
      ? [`${misstated} answers whose usage is not booked as it was stated, but as the worst it can be`]
      : []),
    stopReason === 'imported' ? 'rows brought in' : yieldText(counts),
    ...turnLines(turns).map(([stage, text]) => `${stage}: ${text}`),
    ...(reached === null ? [] : [`shares: ${reached}`]),
  ].join('\n');
}

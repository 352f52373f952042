import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { compareFiles } from '../../../activities/evaluate/compare-files.ts';
import { createBudget } from '../../../activities/generate/budget.ts';
import { openModel } from '../../../activities/model/model-process.ts';
import { evaluateInput } from '../../../workflows/contracts/steps.ts';
import { evaluateDependencies } from '../../evaluate-dependencies.ts';
import { startOfflineTeacher } from '../../offline-teacher/server.ts';
import { askToSpend, localProfiles, requireBudget } from '../estimate.ts';
import { openStore } from '../place.ts';
import { statePrice } from '../price.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { budgetOption, terminalAttempt } from './step.ts';

export const EVALUATE_OPTIONS = [
  'judge',
  'maxInstructions',
  'maxNewTokens',
  'temperature',
  'topP',
  'runSeed',
];

interface EvaluateOptions extends Record<string, unknown> {
  a: string;
  b: string;
  instructions: string;
  out: string;
  budget?: string;
  price?: string;
  yes?: boolean;
}

/** `alpaca evaluate`: a blind comparison of two models or files of answers, each pair judged in both orders. */
export async function evaluate(
  options: EvaluateOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, evaluateInput, EVALUATE_OPTIONS);
  const { judge, budgetUsd, ...settings } = parseInput(
    evaluateInput,
    { ...given, ...budgetOption(options) },
    'options',
  );
  statePrice(options.price, [judge]);
  const paid = await requireBudget([judge], budgetUsd);
  if (paid.length > 0 && !options.yes) await askToSpend(paid);
  const offline = judge === 'offline' ? await startOfflineTeacher() : null;
  try {
    const profiles = await localProfiles(offline?.url ?? null);
    const { judgeFor } = evaluateDependencies(openStore(), profiles);
    const result = await compareFiles(
      {
        a: modelOr(options.a),
        b: modelOr(options.b),
        instructions:
          options.instructions === 'builtin'
            ? builtinPath('evaluation-instructions', 'en')
            : options.instructions,
        judge: judgeFor(judge, `files-${process.pid}`, budgetUsd === null ? null : createBudget(budgetUsd)),
        openModel,
        settings,
        outFolder: options.out,
      },
      terminalAttempt(signal),
    );
    const { winRate, interval, wins, losses, ties } = result;
    terminal.result(
      { ...result, path: options.out },
      `win rate of a ${winRate.toFixed(1)}% (95% interval ${interval[0].toFixed(1)} to ${interval[1].toFixed(1)}): ` +
        `${wins} wins, ${losses} losses, ${ties} ties; files in ${options.out}`,
    );
  } finally {
    await offline?.close();
  }
}

function modelOr(path: string): string {
  return path === 'builtin' ? builtinPath('tiny-model', 'en') : path;
}

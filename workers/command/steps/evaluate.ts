import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { compareFiles, type FileComparison, fileLetter } from '../../../activities/evaluate/compare-files.ts';
import { EvaluateStep } from '../../../activities/evaluate/evaluate-step.ts';
import { createAdmissions } from '../../../activities/teacher/limits/admissions.ts';
import { requireApart } from '../../../activities/teacher/profile/apart.ts';
import {
  candidatesOf,
  type EvaluateInput,
  evaluateInput,
  isTeacher,
} from '../../../workflows/contracts/evaluate.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import {
  unreadableText,
  verdictsText,
  winRateText,
} from '../../../workflows/decisions/screen/win-rate-text.ts';
import { evaluateDependencies } from '../../evaluate-dependencies.ts';
import { localProfiles } from '../../runs/estimate.ts';
import { EVALUATE_OPTIONS } from '../definitions/step-options.ts';
import { requireReplaceable } from '../outputs.ts';
import { existing, isPath, openStore, storePlace } from '../place.ts';
import { pathsOf, readCandidate } from '../run/candidates.ts';
import { askToSpend, requireBudget } from '../run/estimate.ts';
import { statePrice } from '../run/price.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { budgetOption, retryTeller, terminalAttempt } from './step.ts';
import { startTeachers } from './teachers-here.ts';

interface EvaluateOptions extends Record<string, unknown> {
  a: string;
  b: string;
  with?: string[];
  instructions: string;
  trainingRows?: string;
  out: string;
  budget?: string;
  price?: string;
  yes?: boolean;
}

/** `alpaca evaluate`: a blind comparison of two or more candidates, each pair judged in both orders. */
export async function evaluate(
  options: EvaluateOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const asked = await readEvaluation(options);
  await requireReplaceable('--out', options.out, 'annotations.json');
  const teachers = teachersOf(asked);
  await statePrice(options.price, teachers);
  const paid = await requireBudget(teachers, asked.budgetUsd);
  requireApart(comparedTeachers(asked), await localProfiles(null));
  if (paid.length > 0 && !options.yes) await askToSpend(paid);
  const { profiles, close } = await startTeachers(teachers);
  try {
    const { evaluation, store } = await openPaths(asked, options.trainingRows);
    const attempt = terminalAttempt(signal);
    const dependencies = evaluateDependencies(
      store,
      profiles,
      process.env,
      createAdmissions(),
      retryTeller(terminal),
    );
    const step = new EvaluateStep(dependencies, `files-${process.pid}`, attempt);
    const result = await compareFiles(evaluation, step, { store, outFolder: options.out }, attempt);
    terminal.result({ ...result, path: options.out }, textOf(result, options.out));
  } finally {
    await close();
  }
}

async function readEvaluation(options: EvaluateOptions): Promise<EvaluateInput> {
  const { a, b, instructions } = options;
  const others = await Promise.all((options.with ?? []).map(readCandidate));
  const given = schemaValues(options, evaluateInput, EVALUATE_OPTIONS);
  const sources = {
    modelA: await readCandidate(a),
    modelB: await readCandidate(b),
    others,
    instructions: isPath(instructions) ? await existing(instructions) : instructions,
  };
  return parseInput(evaluateInput, { ...given, ...budgetOption(options), ...sources }, 'options');
}

/** A store that may read the paths that were named, and no others. */
async function openPaths(
  evaluation: EvaluateInput,
  trainingRows: string | undefined,
): Promise<{ evaluation: EvaluateInput; store: ArtifactStore }> {
  const rows = trainingRows === undefined ? null : await existing(trainingRows);
  const { instructions } = evaluation;
  const store = openStore(storePlace(), [
    ...pathsOf([...candidatesOf(evaluation), instructions]),
    ...(rows === null ? [] : [rows]),
  ]);
  if (rows === null) return { evaluation, store };
  return { evaluation: { ...evaluation, trainingRows: await store.resolve(rows, 'rows') }, store };
}

/** The judge, and the teachers whose own answers are compared. */
function teachersOf(evaluation: EvaluateInput): string[] {
  return [...new Set([evaluation.judge, ...comparedTeachers(evaluation)])];
}

function comparedTeachers(evaluation: EvaluateInput): string[] {
  return candidatesOf(evaluation).flatMap((source) => (isTeacher(source) ? [source.teacher] : []));
}

function textOf({ candidates, comparisons, excluded, costUsd }: FileComparison, out: string): string {
  const names = candidates.map(({ name }, place) => `${fileLetter(place)} (${name})`);
  const lines = comparisons.map(
    ({ a, b, disagreements, meanLengthA, meanLengthB, ...figures }) =>
      `win rate of ${names[a]} over ${names[b]} ${winRateText(figures)}: ` +
      `${verdictsText(figures)}, of them ${disagreements} judged differently in the two orders${unreadableText(figures)}; ` +
      `${meanLengthA.toFixed(0)} and ${meanLengthB.toFixed(0)} characters in the mean`,
  );
  const left = excluded === 0 ? [] : [`${excluded} instructions left out: training has seen them`];
  const cost = costUsd > 0 ? [`cost ${usd(costUsd)}`] : [];
  return [...lines, ...left, ...cost, `files in ${out}`].join('\n');
}

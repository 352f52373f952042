import { randomUUID } from 'node:crypto';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { Attempt } from '../../../activities/attempt.ts';
import { gradeRows } from '../../../activities/filter/grade/grade-rows.ts';
import { gradersNamed, requireAnotherModel } from '../../../activities/filter/grade/graders.ts';
import { readRubric } from '../../../activities/filter/grade/rubric.ts';
import { createAdmissions } from '../../../activities/teacher/limits/admissions.ts';
import type { FilterInput, FilterResult, GradeSettings } from '../../../workflows/contracts/filter.ts';
import { gradeDependencies } from '../../evaluate-dependencies.ts';
import { localProfiles } from '../../runs/estimate.ts';
import { UsageError } from '../outcome.ts';
import { existing, importSource, isPath, storePlace } from '../place.ts';
import { askToSpend, requireBudget } from '../run/estimate.ts';
import { estimateGradesOfRows, gradesEstimateText } from '../run/grade-estimate.ts';
import { statePrice } from '../run/price.ts';
import type { Terminal } from '../terminal.ts';
import { retryTeller } from './step.ts';
import { startTeachers } from './teachers-here.ts';

/** Grades of a file's rows, which is all that `alpaca filter` pays for. */

export interface GradeOptions extends Record<string, unknown> {
  gradeJudge?: string;
  gradeLeast?: string;
  gradeUngraded?: string;
  gradeRubric?: string;
  gradeVerdictTokens?: string;
  gradeClasses?: boolean;
  gradeSecond?: string;
  gradeSample?: string;
  graded?: string;
  price?: string;
  yes?: boolean;
}

/** @throws UsageError where nobody is named who grades */
export function gradeGiven(options: GradeOptions): { grade?: Record<string, unknown> } {
  const { gradeJudge, gradeUngraded, gradeRubric, gradeSecond, graded } = options;
  const numbers = {
    least: options.gradeLeast,
    verdictTokens: options.gradeVerdictTokens,
    sample: options.gradeSample,
  };
  const texts = { ungraded: gradeUngraded, rubric: gradeRubric, second: gradeSecond };
  const classes = options.gradeClasses ? { classes: true } : {};
  const given = Object.entries({ ...numbers, ...texts }).filter(([, text]) => text !== undefined);
  if (gradeJudge === undefined) {
    if (given.length === 0 && graded === undefined && !options.gradeClasses) return {};
    throw new UsageError(
      'Rows are not graded. Name the teacher profile that grades them: --grade-judge NAME.',
    );
  }
  const settings = given.map(([name, text]) => [name, name in numbers ? numberIn(text) : text] as const);
  return { grade: { judge: gradeJudge, ...classes, ...Object.fromEntries(settings) } };
}

/** What is no number stays as it is, for the schema to refuse. */
function numberIn(text: string | undefined): unknown {
  return text?.trim() && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * Shows what grades would cost, where they cost anything, and has it confirmed.
 *
 * @throws UsageError, AlpacaError for profiles and a rubric that will not do; Interrupted where the person says no
 */
export async function agreeToGrades(
  { grade, language, data, budgetUsd }: FilterInput,
  options: GradeOptions,
  terminal: Terminal,
): Promise<void> {
  const graders = gradersNamed(grade);
  await statePrice(options.price, graders);
  const paid = await requireBudget(graders, budgetUsd);
  if (grade === null) return;
  const profiles = await localProfiles(null);
  requireAnotherModel(grade, profiles);
  if (isPath(grade.rubric)) await readRubric(await existing(grade.rubric));
  if (paid.length === 0) return;
  const estimate = await estimateGradesOfRows({ grade, language }, data, storePlace(), profiles);
  for (const line of gradesEstimateText(grade, estimate)) terminal.say(line);
  if (!options.yes) await askToSpend(paid);
}

/** Brings a rubric of the user's own into the store. */
export async function importGrade(grade: GradeSettings | null): Promise<GradeSettings | null> {
  return grade && { ...grade, rubric: await importSource(grade.rubric, 'rubric', storePlace()) };
}

/** Grades are kept in the local store's ledger, so that no later command pays for them again. */
export async function gradeOnFiles(
  input: FilterInput,
  filtered: FilterResult,
  store: ArtifactStore,
  terminal: Terminal,
  attempt: Attempt,
): Promise<FilterResult> {
  const { profiles, close } = await startTeachers(gradersNamed(input.grade));
  try {
    const told = retryTeller(terminal);
    const dependencies = gradeDependencies(store, profiles, process.env, createAdmissions(), told);
    return await gradeRows({ filter: input, filtered }, dependencies, `file-${randomUUID()}`, attempt);
  } finally {
    await close();
  }
}

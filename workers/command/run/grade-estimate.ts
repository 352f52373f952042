import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { streamRows } from '../../../activities/artifacts/rows.ts';
import { estimateGrades, type GradeEstimate } from '../../../activities/filter/grade/estimate-grades.ts';
import { kindsOfTasks } from '../../../activities/filter/grade/graded-classes.ts';
import { readRubric } from '../../../activities/filter/grade/rubric.ts';
import { TOKENS_PER_INSTRUCTION } from '../../../activities/generate/assumptions.ts';
import { isFree, likelyTokens } from '../../../activities/teacher/profile/prices.ts';
import { priceOf, type TeacherProfiles } from '../../../activities/teacher/profile/profiles.ts';
import { type DataSource, dataRowOrSeedTask } from '../../../workflows/contracts/data.ts';
import type { GradeSettings } from '../../../workflows/contracts/filter.ts';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { costText } from '../../../workflows/decisions/forecast/forecast-text.ts';
import { existing, isPath, openStore } from '../place.ts';

/** What grades of a run's rows would cost; null where nobody is paid for them. */
export function estimateGradesOf(
  { generate, filter, language }: AlpacaInput,
  root: string,
  profiles: TeacherProfiles,
): Promise<GradeEstimate | null> {
  const { from, target } = generate;
  return estimateGradesOfRows(
    { grade: filter?.grade ?? null, language },
    from ?? { rows: target, tokensPerRow: TOKENS_PER_INSTRUCTION },
    root,
    profiles,
  );
}

interface RowSizes {
  rows: number;
  /** likely ones, of instruction, input and output */
  tokensPerRow: number;
}

/** @param rows those that there are, or how many there will be */
export async function estimateGradesOfRows(
  { grade, language }: { grade: GradeSettings | null; language: AlpacaInput['language'] },
  rows: DataSource | RowSizes,
  root: string,
  profiles: TeacherProfiles,
): Promise<GradeEstimate | null> {
  if (grade === null) return null;
  const judge = priceOf(profiles.get(grade.judge));
  const second = grade.second === null ? null : priceOf(profiles.get(grade.second));
  if (isFree(judge) && (second === null || isFree(second))) return null;
  const rubric = await locate(grade.rubric, root, builtinPath('grade-rubric', language));
  const sizes =
    typeof rows === 'object' && 'tokensPerRow' in rows
      ? rows
      : await sizesIn(await locate(rows, root, builtinPath('seed-tasks', language)));
  const kinds = grade.classes ? kindsOfTasks() : null;
  const question = { rubric: await readRubric(rubric), kinds };
  const { sample, verdictTokens } = grade;
  return estimateGrades({ ...sizes, judge, second, sample, verdictTokens, question });
}

async function sizesIn(path: string): Promise<RowSizes> {
  let [rows, tokens] = [0, 0];
  for await (const { instruction, input, output } of streamRows(path, dataRowOrSeedTask)) {
    rows += 1;
    tokens += likelyTokens(`${instruction}\n${input}\n${output}`);
  }
  return { rows, tokensPerRow: rows === 0 ? 0 : tokens / rows };
}

async function locate(source: DataSource, root: string, builtin: string): Promise<string> {
  if (isPath(source)) return existing(source);
  return (await openStore(root).locate(source, builtin)).path;
}

/** `grades by NAME: about 2,100, 0.05 USD (0.02 USD to 0.11 USD)`; nothing where nobody is paid for them */
export function gradesEstimateText(
  settings: GradeSettings | null | undefined,
  estimate: GradeEstimate | null,
): string[] {
  if (!settings || estimate === null) return [];
  const { judge, second } = settings;
  const { grades, costUsd } = estimate;
  const who = second === null ? judge : `${judge}, and of a sample by ${second}`;
  return [`grades by ${who}: about ${grades.toLocaleString('en-US')}, ${costText(costUsd)}`];
}

import { hash } from 'node:crypto';
import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type {
  FilterInput,
  FilterResult,
  GradeFigures,
  GradeSettings,
  Verdict,
} from '../../../workflows/contracts/filter.ts';
import { builtinPath } from '../../artifacts/builtin.ts';
import { readRows } from '../../artifacts/rows.ts';
import { type ArtifactStore, nameOf, type Provenance } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { type Judge, readVerdict } from '../../evaluate/judge/judge.ts';
import { NoVerdicts } from '../../evaluate/judge/no-verdicts.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import type { StructuredGrade } from '../../teacher/answer/structured-output.ts';
import { SharedBudget } from '../../teacher/profile/budget.ts';
import { anyDataRow, droppedRow, storeDivided, storeLines } from '../divided-rows.ts';
import { agreementOf } from './agreement.ts';
import { type GradeQuestion, gradeMessages, parseGrade } from './grade-prompt.ts';
import { classesOf, kindsOfTasks } from './graded-classes.ts';
import { type Graders, gradeForm } from './graders.ts';
import { readRubric } from './rubric.ts';

export interface GradeDependencies {
  store: ArtifactStore;
  /**
   * Who grades; `paidBy` names the run in the response ledger. Where `budget` has no cap only judges that cost nothing
   * will do.
   */
  gradersFor(settings: GradeSettings, paidBy: string, budget: SharedBudget): Graders;
}

/**
 * Has a teacher grade what the other rules kept, each text once, and drops what it grades below the least grade. A reply
 * that has no grade is none: such a row is kept or dropped as the settings say, and counted.
 *
 * @param filtered what `filterRows` made of the same input
 * @throws AlpacaError Configuration where no reply of a judge has a grade, of the first or of all; InvalidInput for a
 *   rubric that will not do; BudgetRequired, BudgetReached; TeacherFailure
 */
export async function gradeRows(
  { filter, filtered }: { filter: FilterInput; filtered: FilterResult },
  { store, gradersFor }: GradeDependencies,
  paidBy: string,
  attempt: Attempt,
): Promise<FilterResult> {
  const { grade: settings } = filter;
  if (settings === null) return filtered;
  const { signal } = attempt;
  const source = settings.rubric;
  const rubric = await store.resolve(source, 'rubric', builtinPath('grade-rubric', filter.language), signal);
  const text = await readRubric(await store.open(rubric), nameOf(source));
  const question = { rubric: text, kinds: settings.classes ? kindsOfTasks() : null };
  const rows = await readRows(await store.open(filtered.data), anyDataRow, undefined, { signal });
  const before = await readRows(await store.open(filtered.dropped), droppedRow, undefined, { signal });
  const places = placesBeside(before, rows.length);

  const budget = new SharedBudget(filter.budgetUsd);
  const { first, second } = gradersFor(settings, paidBy, budget);
  const texts = new Map(rows.map((row) => [digestOf(row), row]));
  const grades = await gradeTexts(first, texts, { question, settings }, attempt);
  const sample = second && sampleOf(texts, settings.sample);
  const others = second && sample && (await gradeTexts(second, sample, { question, settings }, attempt));

  const found = rows.map((row) => grades.get(digestOf(row)) ?? null);
  const verdicts = found.map((grade) => verdictOn(grade, settings));
  const about: Provenance = {
    madeBy: 'filter',
    madeFrom: { data: filtered.data.sha256, rubric: rubric.sha256 },
    settings: { grade: gradingOf(settings) },
  };
  const divided = await storeDivided(
    store,
    { rows, verdicts, places, before, similarity: filtered.similarity },
    about,
    attempt,
  );
  const graded = rows.map((row, index) => {
    const other = others?.get(digestOf(row));
    const beside = second && other !== undefined ? { second: { judge: second.name, ...written(other) } } : {};
    const judged = { judge: first.name, ...written(found[index] ?? null), ...beside };
    return { ...row, row: places[index] ?? index, graded: judged };
  });
  const dropped = (rule: Verdict['rule']) => verdicts.filter((verdict) => verdict?.rule === rule).length;
  return {
    ...filtered,
    ...divided,
    droppedBy: {
      ...filtered.droppedBy,
      grade: dropped('grade'),
      ...(settings.ungraded === 'drop' ? { ungraded: dropped('ungraded') } : {}),
    },
    grades: {
      judge: first.name,
      rows: await storeLines(store, { kind: 'graded', name: 'graded.jsonl', lines: graded }, about, attempt),
      rubric,
      least: settings.least,
      byGrade: [1, 2, 3, 4, 5].map((grade) => found.filter((one) => one?.grade === grade).length),
      ungraded: found.filter((grade) => grade === null).length,
      agreement: second && others && agreementWith(second, grades, others),
      classes: settings.classes ? classesOf(rows, found, filter.language) : null,
      costUsd: budget.spentUsd,
    },
  };
}

type Grades = ReadonlyMap<string, StructuredGrade | null>;
type Texts = ReadonlyMap<string, RecipeRow>;

/** One grade for each text; null where no reply had one. */
async function gradeTexts(
  judge: Judge,
  texts: Texts,
  { question, settings }: { question: GradeQuestion; settings: GradeSettings },
  attempt: Attempt,
): Promise<Grades> {
  const { signal } = attempt;
  const none = new NoVerdicts(judge, gradeForm(settings));
  let done = 0;
  const grades = await mapAtOnce(texts, { atOnce: judge.atOnce, signal }, async ([digest, row]) => {
    const messages = gradeMessages(row, question);
    const grade = await readVerdict(
      judge,
      messages,
      (reply) => parseGrade(reply, textsOf(row)),
      none,
      signal,
    );
    done += 1;
    attempt.report({ done, total: texts.size, unit: 'rows graded', note: judge.name });
    return [digest, grade] as const;
  });
  none.refuse(1);
  return new Map(grades);
}

function textsOf({ instruction, input, output }: RecipeRow): string[] {
  return [instruction, input, output];
}

function digestOf({ instruction, input, output }: RecipeRow): string {
  return hash('sha256', JSON.stringify([instruction, input, output]));
}

/** Drawn by their digests: what a row is asked about depends on no other row, and on no grade. */
function sampleOf(texts: Texts, size: number): Texts {
  return new Map([...texts].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, size));
}

/** Where rows stood before others were taken from among them. */
function placesBeside(before: readonly { row: number }[], rows: number): number[] {
  const taken = new Set(before.map(({ row }) => row));
  return Array.from({ length: rows + before.length }, (_, place) => place).filter(
    (place) => !taken.has(place),
  );
}

function verdictOn(grade: StructuredGrade | null, { judge, least, ungraded }: GradeSettings): Verdict | null {
  if (grade === null)
    return ungraded === 'keep'
      ? null
      : { rule: 'ungraded', reason: `the reply of ${judge} has no grade`, found: '' };
  if (grade.grade >= least) return null;
  return { rule: 'grade', reason: grade.reason, found: `${grade.grade} of 5 by ${judge}` };
}

function written(grade: StructuredGrade | null): { grade: number | null; reason: string; class?: string } {
  const { class: name = null } = grade ?? {};
  return {
    grade: grade?.grade ?? null,
    reason: grade?.reason ?? '',
    ...(name === null ? {} : { class: name }),
  };
}

/** Without the rubric, which is what grades are made from. */
function gradingOf({ rubric: _, ...settings }: GradeSettings): Omit<GradeSettings, 'rubric'> {
  return settings;
}

function agreementWith(second: Judge, grades: Grades, others: Grades): GradeFigures['agreement'] {
  const pairs = [...others].flatMap(([digest, other]) => {
    const grade = grades.get(digest);
    return grade && other ? [[grade.grade, other.grade] as const] : [];
  });
  return { judge: second.name, asked: others.size, ...agreementOf(pairs) };
}

import { filterRows } from '../../../activities/filter/filter-rows.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { type FilterResult, filterInput } from '../../../workflows/contracts/filter.ts';
import { droppedText } from '../../../workflows/decisions/screen/dropped-text.ts';
import {
  agreementText,
  gradedClassesText,
  gradesText,
  perRowText,
} from '../../../workflows/decisions/screen/grades-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { fromHere } from '../../runs/from-here.ts';
import { FILTER_OPTIONS } from '../definitions/step-options.ts';
import { UsageError } from '../outcome.ts';
import { storePlace } from '../place.ts';
import { checkBenchmarks, importBenchmarks } from '../run/benchmark-files.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { agreeToGrades, type GradeOptions, gradeGiven, gradeOnFiles, importGrade } from './filter-grades.ts';
import { copyRowsOut } from './rows-out.ts';
import { budgetOption, copyOut, openStep, terminalAttempt } from './step.ts';

interface FilterOptions extends GradeOptions {
  out: string;
  rules?: string;
  dropped?: string;
  against?: string[];
  words?: string;
  rougeL?: string;
  budget?: string;
  price?: string;
  yes?: boolean;
}

/** `alpaca filter DATA`: writes the kept rows and, where asked, the dropped ones with why, and all that was graded. */
export async function filter(
  data: string,
  options: FilterOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = {
    ...schemaValues(options, filterInput, FILTER_OPTIONS),
    ...(options.rules === 'none' ? { rules: [] } : {}),
    ...decontaminationGiven(options),
    ...gradeGiven(options),
    ...budgetOption(options),
  };
  const input = parseInput(filterInput, { ...given, data }, 'options');
  await checkBenchmarks(input.decontaminate);
  await agreeToGrades(input, options, terminal);
  const decontaminate = await importBenchmarks(input.decontaminate, storePlace());
  const grade = await importGrade(input.grade);
  const { input: named, store } = await openStep({ ...input, decontaminate, grade }, ['data']);
  const attempt = terminalAttempt(signal);
  const filtered = await filterRows(named, { store }, attempt);
  const result = grade === null ? filtered : await gradeOnFiles(named, filtered, store, terminal, attempt);
  const path = await copyRowsOut(store, result.data, options.out);
  const copied = async (to: string | undefined, reference: ArtifactReference | undefined) =>
    to === undefined || reference === undefined ? null : copyOut(store, reference, to);
  const droppedPath = await copied(options.dropped, result.dropped);
  const gradedPath = await copied(options.graded, result.grades?.rows);
  terminal.result({ ...result, path, droppedPath, gradedPath }, textOf(result, path));
}

function textOf(result: FilterResult, path: string): string {
  const { data, dropped, grades } = result;
  const lines = [
    `${data.rows} of ${data.rows + dropped.rows} rows kept in ${fromHere(path)}; ${droppedText(result)}`,
  ];
  if (grades !== null) {
    lines.push(`graded ${gradesText(grades)}`);
    if (grades.agreement !== null) lines.push(`agreement ${agreementText(grades.agreement)}`);
    if (grades.classes !== null) lines.push(`classes ${gradedClassesText(grades.classes)}`);
    if (grades.costUsd > 0)
      lines.push(`grades cost ${usd(grades.costUsd)}, ${perRowText(grades.costUsd, data.rows)}`);
  }
  return lines.join('\n');
}

function decontaminationGiven({ against, words, rougeL }: FilterOptions): Record<string, unknown> {
  if (against === undefined) {
    if (words === undefined && rougeL === undefined) return {};
    throw new UsageError('Rows are held against no files. Name some: --against FILE...');
  }
  const numbers = Object.entries({ words, rougeL }).filter(([, text]) => text !== undefined);
  return {
    decontaminate: {
      files: against,
      ...Object.fromEntries(numbers.map(([name, text]) => [name, numberOrNull(text)])),
    },
  };
}

/** A number or null; what is neither stays as it is, for the schema to refuse. */
function numberOrNull(text: string | undefined): unknown {
  if (text === 'null') return null;
  return text?.trim() && Number.isFinite(Number(text)) ? Number(text) : text;
}

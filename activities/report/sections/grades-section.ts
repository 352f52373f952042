import {
  agreementText,
  gradedClassesText,
  perRowText,
} from '../../../workflows/decisions/screen/grades-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { count, percentOf } from '../../document/figures.ts';
import { type HtmlValue, html, type Markup } from '../../document/html.ts';
import type { ReportContents } from '../report-contents.ts';
import { facts, numbersTable, section } from './elements.ts';

/** What a teacher's grades are like, how far a second judge agrees, and what a kept row cost with them. */
export function gradesSection({ run }: ReportContents): Markup | null {
  const { filter, generate, dedupe } = run ?? {};
  if (!filter?.grades) return null;
  const { judge, least, byGrade, ungraded, agreement, classes, costUsd } = filter.grades;
  const graded = byGrade.reduce((sum, rows) => sum + rows, 0);
  const grades = byGrade.map((rows, index): [string, string, string] => [
    `${index + 1}${index + 1 < least ? ', dropped' : ''}`,
    count(rows),
    percentOf(rows, graded + ungraded),
  ]);
  const { ungraded: dropped } = filter.droppedBy;
  grades.push([
    `none that can be read${dropped === undefined ? ', kept' : ', dropped'}`,
    count(ungraded),
    percentOf(ungraded, graded + ungraded),
  ]);
  const wholeUsd = (generate?.costUsd ?? 0) + (dedupe?.embedding?.costUsd ?? 0) + costUsd;
  const rows: [string, HtmlValue][] = [
    ['agreement', agreement === null ? 'not measured: one judge was asked' : agreementText(agreement)],
    ...(classes === null
      ? []
      : [['classes by the judge', gradedClassesText(classes)] satisfies [string, HtmlValue]]),
    ['spent on grades', `${usd(costUsd)}, ${perRowText(costUsd, filter.data.rows)}`],
    ['spent on the data in all', `${usd(wholeUsd)}, ${perRowText(wholeUsd, filter.data.rows)}`],
  ];
  const table = numbersTable(
    { columns: ['grade', 'rows', 'share'], rows: grades },
    `Grades from 1 to 5 by ${judge}; kept from ${least} on`,
  );
  return section('Grades', html`${table}${facts(rows)}`);
}

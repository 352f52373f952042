import { reportPage } from './page.ts';
import { type ReportContents, titleOf } from './report-contents.ts';
import {
  classSection,
  diversitySection,
  lengthSection,
  qualitySection,
  rowsSection,
} from './sections/data-sections.ts';
import { duplicatesSection } from './sections/duplicates-section.ts';
import { costSection, yieldSection } from './sections/generation-sections.ts';
import { gradesSection } from './sections/grades-section.ts';
import { evaluationSection, headline, lossSection, runSection } from './sections/run-sections.ts';

/** The report of one run, or of data alone: one self-contained HTML page. */
export function writeReport(contents: ReportContents): string {
  const introduction =
    contents.run === null
      ? 'What is in the data. All numbers were measured on its rows.'
      : 'What the run made, what it cost, and what a model trained on it can do. All numbers were measured in the run.';
  // What the data is comes before what a model learnt from it, since nothing else is understood without.
  return reportPage(titleOf(contents), introduction, [
    headline(contents),
    diversitySection(contents),
    classSection(contents),
    lengthSection(contents),
    qualitySection(contents),
    duplicatesSection(contents),
    gradesSection(contents),
    rowsSection(contents),
    yieldSection(contents),
    costSection(contents),
    lossSection(contents),
    evaluationSection(contents),
    runSection(contents),
  ]);
}

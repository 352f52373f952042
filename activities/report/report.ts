import { reportPage } from './page.ts';
import { type ReportContents, titleOf } from './report-contents.ts';
import {
  classSection,
  diversitySection,
  lengthSection,
  qualitySection,
  randomRowsSection,
} from './sections/data-sections.ts';
import { duplicatesSection } from './sections/duplicates-section.ts';
import { costSection, yieldSection } from './sections/generation-sections.ts';
import { gradesSection } from './sections/grades-section.ts';
import { allRowsSection } from './sections/rows-section.ts';
import { evaluationSection, lossSection, runSection } from './sections/run-sections.ts';
import { summarySection } from './sections/summary-section.ts';

/** The report of one run, or of data alone: one self-contained HTML page. */
export function writeReport(contents: ReportContents): string {
  const introduction =
    contents.run === null
      ? 'What is in the data. All numbers were measured on its rows.'
      : 'What the run made, what it cost, and what a model trained on it can do. All numbers were measured in the run.';
  // What the model can do is what most readers come for; the data that it learnt from stands below, to look closer.
  return reportPage(titleOf(contents), { introduction, summary: summarySection(contents) }, [
    evaluationSection(contents),
    lossSection(contents),
    diversitySection(contents),
    classSection(contents),
    lengthSection(contents),
    qualitySection(contents),
    duplicatesSection(contents),
    gradesSection(contents),
    allRowsSection(contents),
    randomRowsSection(contents),
    yieldSection(contents),
    costSection(contents),
    runSection(contents),
  ]);
}

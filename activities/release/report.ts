import { html } from './html.ts';
import type { ReleaseContents } from './release-contents.ts';
import {
  costSection,
  duplicatesSection,
  evaluationSection,
  headline,
  lengthSection,
  lossSection,
  rowsSection,
  runSection,
  yieldSection,
} from './report-sections.ts';
import { REPORT_STYLE } from './report-style.ts';

/** The report: one page that holds all it shows, without scripts or requests. Text from data is escaped. */
export function writeReport(contents: ReleaseContents): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${contents.name}: report</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${contents.name}</h1>
<p class="soft">What the run made, what it cost, and what a model trained on it can do. All numbers were measured in the run.</p>
${headline(contents)}
${evaluationSection(contents)}
${lossSection(contents)}
${yieldSection(contents)}
${costSection(contents)}
${lengthSection(contents)}
${duplicatesSection(contents)}
${runSection(contents)}
${rowsSection(contents)}
</main>
</body>
</html>`}\n`;
}

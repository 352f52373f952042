import { html, Markup } from '../document/html.ts';
import { REPORT_STYLE } from './report-style.ts';
import { contentsList } from './sections/elements.ts';
import { ROWS_SCRIPT_SOURCE } from './sections/rows-section.ts';

/** The one script that a report may run, and no request: what web services say of it too. */
export const REPORT_POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src ${ROWS_SCRIPT_SOURCE}`;

/**
 * A page that holds all it shows: no request, and no script but that of the table of rows, which its policy says besides.
 * Text from data is escaped by the template.
 */
export function reportPage(
  title: string,
  { introduction, summary }: { introduction: string; summary: Markup | null },
  body: readonly (Markup | null)[],
): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(REPORT_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: report</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="soft">${introduction}</p>
${summary}
${contentsList(body)}
${body}
</main>
</body>
</html>`}\n`;
}

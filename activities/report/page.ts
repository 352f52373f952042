import { html, type Markup } from '../document/html.ts';
import { REPORT_STYLE } from './report-style.ts';
import { contentsList } from './sections/elements.ts';

/**
 * A page that holds all it shows: no scripts, no requests, which its policy forbids besides. Text from data is
 * escaped by the template.
 */
export function reportPage(title: string, introduction: string, body: readonly (Markup | null)[]): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: report</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="soft">${introduction}</p>
${contentsList(body)}
${body}
</main>
</body>
</html>`}\n`;
}

import { html, type Markup } from '../../activities/release/html.ts';

/** The frame of every page: no inline script or style, so that the content policy can forbid them. */
export function page(title: string, body: Markup, { script = false }: { script?: boolean } = {}): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
${script ? html`<script src="/assets/run.js" defer></script>` : null}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><a href="/">Alpaca runs</a></header>
<main id="main">
${body}
</main>
</body>
</html>`}\n`;
}

/** A page for what went wrong. */
export function errorPage(status: number, message: string): string {
  return page(
    `Error ${status}`,
    html`<h1>That did not work</h1>\n<p>${message}</p>\n<p><a href="/">All runs</a></p>`,
  );
}

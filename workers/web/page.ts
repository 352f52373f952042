import { html, type Markup } from '../../activities/document/html.ts';
import { type SiteLinks, siteHeader } from '../../activities/document/site.ts';
import { SITE_PATHS } from './links.ts';

export interface PageOptions {
  /** the page of a running run keeps itself up to date */
  script?: boolean;
  /** a script of the page's own, and a style where it has one */
  assets?: { script: string; style?: string };
  /** where the header leads in place of the service's own paths; null: no header, for visitors whom the runs do not concern */
  links?: Partial<SiteLinks> | null;
  /** the entry of the header that the page is */
  here?: keyof SiteLinks | null;
}

/** The frame of every page: no inline script or style, so that the content policy can forbid them. */
export function page(
  title: string,
  body: Markup,
  { script = false, assets, links = {}, here = null }: PageOptions = {},
): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
${assets?.style === undefined ? null : html`<link rel="stylesheet" href="/assets/${assets.style}">`}
${assets ? html`<script type="module" src="/assets/${assets.script}"></script>` : null}
${script ? html`<script src="/assets/run.js" defer></script>` : null}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${links === null ? null : siteHeader({ ...SITE_PATHS, ...links }, here)}
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

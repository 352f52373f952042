import { readFile } from 'node:fs/promises';
import { html, type Markup } from './html.ts';
import { CHART_STYLE, PALETTE_STYLE } from './palette.ts';

/** What all pages have in common: one style sheet, and one header. */

/** What the header looks like; the colours are the page's custom properties. */
export const HEADER_STYLE = `
.site { border-bottom: 1px solid var(--edge); font-weight: 600; }
.site ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: 0; padding: 0; list-style: none; }
.site a { display: inline-block; padding: .75rem 0; color: var(--link); text-decoration: none; }
.site a:hover, .site [aria-current] { text-decoration: underline; text-underline-offset: .3em; }
`;

/** The style sheet of every page, charts included: colours, charts, header, and `site.css`. */
export async function siteStyle(): Promise<string> {
  const sheet = await readFile(new URL('site.css', import.meta.url), 'utf8');
  return `${PALETTE_STYLE}${CHART_STYLE}${HEADER_STYLE}${sheet}`;
}

/** Where the header leads, in its order; null where a page knows no such place. */
export interface SiteLinks {
  Runs: string | null;
  Chat: string | null;
  Report: string | null;
  Temporal: string | null;
}

/**
 * The header of a page, of class `site`.
 *
 * @param here the entry that the page itself is; null for a page beneath them
 */
export function siteHeader(links: SiteLinks, here: keyof SiteLinks | null): Markup {
  const entries = Object.entries(links).flatMap(([name, path]) =>
    path === null
      ? []
      : [html`<li><a href="${path}"${name === here ? html` aria-current="page"` : null}>${name}</a></li>`],
  );
  return html`<header class="site"><nav aria-label="Site"><ul>${entries}</ul></nav></header>`;
}

import { markdownText } from '../../workflows/decisions/screen/markdown-text.ts';

/** Markdown that text from data cannot break out of. */

/** A section that is a table of two columns without a head. */
export function tableSection(title: string, rows: readonly (readonly [string, string])[]): string {
  return [
    `## ${title}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${markdownText(what)} | ${markdownText(value)} |`),
  ].join('\n');
}

/** Text in a code block whose fence is longer than any run of backticks in it. */
export function codeBlock(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [`${fence}${language}`, text, fence].join('\n');
}

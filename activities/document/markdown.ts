/** Markdown that text from data cannot break out of. */

/** A section that is a table of two columns without a head. */
export function tableSection(title: string, rows: readonly (readonly [string, string])[]): string {
  return [
    `## ${title}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${tableCell(what)} | ${tableCell(value)} |`),
  ].join('\n');
}

/** Text for one cell: on one line, its bars and backslashes escaped. */
function tableCell(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\|/g, '\\|').replace(/\s+/g, ' ');
}

/** Text in a code block whose fence is longer than any run of backticks in it. */
export function codeBlock(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [`${fence}${language}`, text, fence].join('\n');
}

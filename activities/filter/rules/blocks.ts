/** A fenced block of Markdown. */
interface Block {
  /** the first word after the fence, in lower case; empty where there is none */
  language: string;
  text: string;
  /** false where the text ended first */
  closed: boolean;
}

export interface Fenced {
  blocks: Block[];
  /** the lines outside of blocks */
  prose: string;
}

/** However far it is indented: a block in a list is, and some writers indent the end alone. */
const FENCE = /^[ \t]*(`{3,}|~{3,})\s*([^\s`{]*)/;

/** Cuts a text at its fences, much as CommonMark has them: a block ends with at least as many of the marks that began it. */
export function fencedBlocks(text: string): Fenced {
  if (!text.includes('```') && !text.includes('~~~')) return { blocks: [], prose: text };
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { mark: string; language: string; lines: string[] } | null = null;
  const close = (closed: boolean) => {
    if (open) blocks.push({ language: open.language, text: open.lines.join('\n'), closed });
    open = null;
  };
  for (const line of text.split('\n')) {
    const [, mark = '', language = ''] = FENCE.exec(line) ?? [];
    if (open === null) {
      if (mark === '') prose.push(line);
      else open = { mark, language: language.toLowerCase(), lines: [] };
    } else if (mark.startsWith(open.mark) && line.trim() === mark) close(true);
    else open.lines.push(line);
  }
  close(false);
  return { blocks, prose: prose.join('\n') };
}

/** Without what is set as code: blocks, and what stands between backticks within a line. */
export function proseOf(text: string): string {
  return fencedBlocks(text).prose.replaceAll(/`[^`\n]*`/g, ' ');
}

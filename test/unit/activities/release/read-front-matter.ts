/** What a card's front matter says, read back: the block YAML that cards are written in, and no more. */
export function readFrontMatter(card: string): unknown {
  const [, block] = /^---\n([\s\S]*?)\n---\n/.exec(card) ?? [];
  if (block === undefined) throw new Error('the card has no front matter');
  const lines = block.split('\n');
  const value = readBlock(lines, 0);
  if (lines.length > 0) throw new Error(`not read: ${lines[0]}`);
  return value;
}

/** Takes the lines of one block, indented by `indent`, from the front. */
function readBlock(lines: string[], indent: number): unknown {
  return /^ *- /.test(lines[0] ?? '') ? readList(lines, indent) : readMapping(lines, indent);
}

function readList(lines: string[], indent: number): unknown[] {
  const items: unknown[] = [];
  while (lines[0]?.startsWith(`${' '.repeat(indent)}- `)) {
    const item = lines[0].slice(indent + 2);
    if (/^[\w-]+:( |$)/.test(item)) {
      lines[0] = `${' '.repeat(indent + 2)}${item}`;
      items.push(readMapping(lines, indent + 2));
    } else {
      lines.shift();
      items.push(readScalar(item));
    }
  }
  return items;
}

function readMapping(lines: string[], indent: number): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (;;) {
    const [, spaces, field, text] = /^( *)([\w-]+):(?: (.+))?$/.exec(lines[0] ?? '') ?? [];
    if (field === undefined || spaces?.length !== indent) return fields;
    if (field in fields) throw new Error(`${field} twice`);
    lines.shift();
    const isList = lines[0]?.startsWith(`${' '.repeat(indent)}- `) === true;
    fields[field] = text === undefined ? readBlock(lines, isList ? indent : indent + 2) : readScalar(text);
  }
}

function readScalar(text: string): unknown {
  if (/^["\d-]/.test(text) || text === '[]' || text === '{}') return JSON.parse(text);
  if (/^(true|false)$/.test(text)) return text === 'true';
  if (!/^[A-Za-z][\w./<>-]*$/.test(text) || /^(null|yes|no|on|off|y|n)$/i.test(text))
    throw new Error(`not plain: ${text}`);
  return text;
}

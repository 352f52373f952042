/** What a card's front matter can hold; fields that are undefined are left out. */
export type FrontMatterValue =
  | string
  | number
  | boolean
  | FrontMatterValue[]
  | { [field: string]: FrontMatterValue | undefined };

/**
 * The YAML block that the hub reads at the top of a card: block mappings and lists, and every text either
 * plain where no reader of YAML could take it for anything else, or quoted as JSON quotes it, which YAML
 * reads alike.
 */
export function frontMatter(fields: { [field: string]: FrontMatterValue | undefined }): string {
  return ['---', ...mappingLines(fields), '---', ''].join('\n');
}

function mappingLines(fields: { [field: string]: FrontMatterValue | undefined }): string[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    if (value === undefined) return [];
    if (typeof value !== 'object') return [`${field}: ${scalar(value)}`];
    const inner = Array.isArray(value) ? listLines(value) : indented(mappingLines(value));
    return inner.length === 0 ? [`${field}: ${Array.isArray(value) ? '[]' : '{}'}`] : [`${field}:`, ...inner];
  });
}

function listLines(values: readonly FrontMatterValue[]): string[] {
  return values.flatMap((value) => {
    if (typeof value !== 'object') return [`- ${scalar(value)}`];
    const [first = '{}', ...rest] = Array.isArray(value) ? listLines(value) : mappingLines(value);
    return [`- ${first}`, ...indented(rest)];
  });
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Starts with a letter and holds nothing that YAML gives a meaning to. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_./<>-]*$/;

/** Words that readers of YAML 1.1 take for truth values or nothing; the language code `no` is one. */
const RESERVED = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return PLAIN.test(value) && !RESERVED.has(value.toLowerCase()) ? value : JSON.stringify(value);
}

import { Document, Scalar, visit } from 'yaml';

/** What a card's front matter can hold; fields that are undefined are left out. */
export type FrontMatterValue =
  | string
  | number
  | boolean
  | FrontMatterValue[]
  | { [field: string]: FrontMatterValue | undefined };

/**
 * The YAML block that the hub reads at the top of a card. A text is plain where no reader of YAML, of version
 * 1.1 or 1.2, could take it for anything else, and in double quotes otherwise.
 */
export function frontMatter(fields: { [field: string]: FrontMatterValue | undefined }): string {
  const document = new Document(fields, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && !PLAIN.test(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const block = document.toString({ lineWidth: 0, indentSeq: false });
  return `---\n${block.replace(UNPRINTABLE, escaped)}---\n`;
}

/** Starts with a letter and holds nothing that YAML gives a meaning to. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_./<>-]*$/;

/**
 * What JSON leaves as it is within quotes, and a reader of YAML 1.1 refuses or takes for the end of a line:
 * https://yaml.org/spec/1.1/#id868524
 */
const UNPRINTABLE = /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

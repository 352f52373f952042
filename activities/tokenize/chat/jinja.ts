import { Template } from '@huggingface/jinja';
import type { TextRange } from '../../model/tokenizer/added-tokens.ts';
import { STRIPPING, strippingLikePython } from './strip-calls.ts';

/** A text that a template made, and what of it stands between its marks. */
export interface Rendered {
  text: string;
  /** of each `{% generation %}` block, in order */
  marked: TextRange[];
}

export interface JinjaTemplate {
  /** it says what of a conversation a model writes, by `{% generation %}` */
  readonly hasMarks: boolean;
  render(fields: Readonly<Record<string, unknown>>): Rendered;
}

/** What a template's text, or a conversation for it, is refused for. */
export class JinjaFault extends Error {
  /** of the template, from 1; null where it is not known */
  readonly line: number | null;

  constructor(error: unknown, line: number | null) {
    super(error instanceof Error ? error.message : String(error));
    this.line = line;
  }
}

/** Noncharacters of Unicode: a text that has one has no other meaning for it. */
const [BEGIN, END] = ['\uFDD0', '\uFDD1'];

/**
 * Opens a Jinja template as `transformers` does: blocks are trimmed, and `{% generation %}` calls a macro.
 *
 * @throws JinjaFault where it is no Jinja that is known here; so does rendering, where the fields do not fit
 */
export function openJinja(text: string): JinjaTemplate {
  const marked = withMacro(text);
  const template = parsed(marked, text);
  return {
    hasMarks: marked !== text,
    render: (fields) => {
      try {
        return withoutMarks(template.render({ ...fields, ...STRIPPING }));
      } catch (error) {
        throw new JinjaFault(error, lineOfFailure(text, fields));
      }
    },
  };
}

// details -----------------------------------------------------------------------------------------------
const MACRO = `{%- macro learnt__() -%}{{- "${BEGIN}" + caller() + "${END}" -}}{%- endmacro %}\n`;

/** The library knows `{% generation %}` as nothing: in its place stands the call of a macro that marks the place. */
function withMacro(text: string): string {
  const calls = text
    .replaceAll(/\{%(-?)\s*generation\s*(-?)%\}/g, '{%$1 call learnt__() $2%}')
    .replaceAll(/\{%(-?)\s*endgeneration\s*(-?)%\}/g, '{%$1 endcall $2%}');
  return calls === text ? text : MACRO + calls;
}

function withoutMarks(rendered: string): Rendered {
  const marked: TextRange[] = [];
  let text = '';
  let from = 0;
  for (const part of rendered.split(/([\uFDD0\uFDD1])/)) {
    if (part === BEGIN) from = text.length;
    else if (part === END) marked.push([from, text.length]);
    else text += part;
  }
  return { text, marked };
}

function parsed(marked: string, text: string): Template {
  try {
    return strippingLikePython(new Template(marked));
  } catch (error) {
    // The parser reads on behind the end of a template whose block is open.
    if (error instanceof TypeError) throw new JinjaFault('a block of it does not end', lineOfOpenBlock(text));
    throw new JinjaFault(error, lineOfSyntax(text, (error as Error).message));
  }
}

const TAG = /\{#[\s\S]*?#\}|\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}/g;

/** The parser reads from front to back: the first tag up to which the template is refused for the same has the fault. */
function lineOfSyntax(text: string, message: string): number | null {
  const tags = [...text.matchAll(TAG)];
  const refused = ({ 0: tag, index }: RegExpExecArray) => {
    try {
      new Template(withMacro(text.slice(0, index + tag.length)));
    } catch (error) {
      return (error as Error).message === message;
    }
    return false;
  };
  let [low, high] = [0, tags.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const tag = tags[middle];
    if (tag && refused(tag)) high = middle;
    else low = middle + 1;
  }
  const found = tags[low];
  return found === undefined ? null : lineAt(text, found.index);
}

/** Of the block that is open where another's end stands, or the text ends. */
function lineOfOpenBlock(text: string): number | null {
  const open: { kind: string; index: number }[] = [];
  for (const { 0: tag, index } of text.matchAll(TAG)) {
    const [, ends, kind = '', rest = ''] = /^\{%-?\s*(end)?(\w+)([\s\S]*)/.exec(tag) ?? [];
    if (ends !== undefined) {
      if (open.at(-1)?.kind !== kind) break;
      open.pop();
    } else if (BLOCKS.includes(kind) || (kind === 'set' && !rest.includes('='))) open.push({ kind, index });
  }
  const last = open.at(-1);
  return last === undefined ? null : lineAt(text, last.index);
}

const BLOCKS = ['if', 'for', 'macro', 'call', 'filter', 'generation'];

/** Renders once more, with a call before each tag that notes its line. */
function lineOfFailure(text: string, fields: Readonly<Record<string, unknown>>): number | null {
  let line: number | null = null;
  const noting = text.replaceAll(TAG, (tag, index: number) => {
    if (tag.startsWith('{#')) return tag;
    const call = `line__(${lineAt(text, index)})`;
    const condition = /^\{%-?\s*elif\s([\s\S]*?)-?%\}$/.exec(tag)?.[1];
    return condition === undefined ? `{{- ${call} -}}${tag}` : `{% elif ${call} or (${condition}) %}`;
  });
  const line__ = (at: number) => {
    line = at;
    return '';
  };
  try {
    strippingLikePython(new Template(withMacro(noting))).render({ ...fields, ...STRIPPING, line__ });
  } catch {
    return line;
  }
  return null;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

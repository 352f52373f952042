import type { Template } from '@huggingface/jinja';

/**
 * `@huggingface/jinja` 0.5.11 leaves the characters aside that `strip`, `lstrip` and `rstrip` of a text are given, by which
 * templates take line feeds away and leave spaces. Their calls become calls of these functions.
 */
export const STRIPPING = {
  strip__: (text: unknown, characters?: unknown) => stripped(text, characters, true, true),
  lstrip__: (text: unknown, characters?: unknown) => stripped(text, characters, true, false),
  rstrip__: (text: unknown, characters?: unknown) => stripped(text, characters, false, true),
};

/** The template, with its calls replaced. */
export function strippingLikePython(template: Template): Template {
  replaceIn(template.parsed);
  return template;
}

// details -----------------------------------------------------------------------------------------------
interface Node {
  type?: unknown;
  value?: unknown;
  computed?: unknown;
  object?: unknown;
  property?: Node;
  callee?: Node;
  args?: unknown;
}

function replaceIn(node: Node): void {
  for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) replaceIn(child);
  const { type, callee, args } = node;
  if (type !== 'CallExpression' || callee?.type !== 'MemberExpression' || callee.computed) return;
  const name = `${callee.property?.value}__`;
  if (!(name in STRIPPING) || !Array.isArray(args)) return;
  Object.assign(node, { callee: { type: 'Identifier', value: name }, args: [callee.object, ...args] });
}

function stripped(text: unknown, characters: unknown, left: boolean, right: boolean): string {
  if (typeof text !== 'string') throw new TypeError('strip() is of texts');
  const isGone = (place: number) => {
    const character = text[place] ?? '';
    return typeof characters === 'string' ? characters.includes(character) : WHITE_SPACE.test(character);
  };
  let [from, to] = [0, text.length];
  while (left && from < to && isGone(from)) from += 1;
  while (right && from < to && isGone(to - 1)) to -= 1;
  return text.slice(from, to);
}

/** As Python has it: not the byte order mark, which is white space to JavaScript. */
const WHITE_SPACE = /\p{White_Space}/u;

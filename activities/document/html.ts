/** Text that is markup already. Everything else that meets a template is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type HtmlValue = string | number | Markup | null | readonly HtmlValue[];

/**
 * A template of HTML or SVG: what is put in is escaped for text and for quoted attributes, unless it is
 * markup made by another template. Lists are joined; null is nothing.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Markup {
  const parts = strings.map((string, index) => string + (index < values.length ? render(values[index]) : ''));
  return new Markup(parts.join(''));
}

/** The five characters that can leave text or a quoted attribute, as entities. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: HtmlValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

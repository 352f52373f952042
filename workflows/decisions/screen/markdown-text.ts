/**
 * Text as it is, where Markdown is shown: of ours or of strangers, such as a teacher's message. On one line, with what
 * Markdown would take for code, emphasis, links, tags, the bars of a table or the ends of a formula escaped. An
 * underscore within a word means nothing to Markdown and stays as it is.
 */
export function markdownText(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[\\`*[<|$~]|&(?=#?\w+;)|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
}

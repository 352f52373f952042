/**
 * Texts for a judge to read, each between tags on lines of their own. Text that looks like one of the prompt's tags is
 * defused, its `<` written as `&lt;`, so that an answer can neither close its own tag nor open another; other text stays
 * as it is.
 *
 * @param tags all that the prompt has
 */
export function taggedWith(tags: readonly string[]): (tag: string, text: string) => string {
  const looksLikeOne = new RegExp(`<(?=[\\s/]*(?:${tags.join('|')})\\b)`, 'gi');
  return (tag, text) => `<${tag}>\n${text.replace(looksLikeOne, '&lt;')}\n</${tag}>`;
}

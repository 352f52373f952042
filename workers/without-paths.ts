/**
 * A message as a visitor of a server may read it: of absolute paths of this machine the last names alone. The log has
 * them whole.
 */
export function withoutPaths(message: string): string {
  return message.replace(/(^|[\s"'“(=:])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\"'”()]+[/\\])+/g, '$1…/');
}

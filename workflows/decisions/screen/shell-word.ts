/** A word as a shell takes it in one piece, whatever it holds: a workflow id may hold anything. */
export function shellWord(text: string): string {
  return /^[\w.:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** The folders whose sources measure what the cards say, and word it. */
const FOLDERS = ['./', './cards/', '../document/'].map((folder) => new URL(folder, import.meta.url));

/**
 * SHA-256 of the sources that the cards are written by. A release that another wording wrote cannot be
 * compared text for text, and a version number is not raised for each change of a sentence.
 */
export const WORDING = digestOf(wordingSources());

/** The files of that digest, in its order. */
export function wordingSources(): URL[] {
  return FOLDERS.flatMap((folder) => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    return names.sort().map((name) => new URL(name, folder));
  });
}

function digestOf(sources: readonly URL[]): string {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source));
  return hash.digest('hex');
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const ROOM = new URL('.', import.meta.url);

/**
 * SHA-256 of this room's sources: what words the cards. A release that another wording wrote cannot be
 * compared text for text, and a version number is not raised for each change of a sentence.
 */
export const WORDING = digestOfSources();

function digestOfSources(): string {
  const hash = createHash('sha256');
  const names = readdirSync(ROOM).filter((name) => name.endsWith('.ts'));
  for (const name of names.sort()) hash.update(readFileSync(new URL(name, ROOM)));
  return hash.digest('hex');
}

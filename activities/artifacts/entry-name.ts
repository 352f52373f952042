import { createHash } from 'node:crypto';

/** Bytes: a file system takes 255, and a name that is being deleted is longer for a while. */
const LONGEST_NAME = 200;
const READABLE_PART = 100;

/**
 * The name that a text, such as a workflow id, has among a store's entries: as it is, but for what no file's name may
 * have; of one that is too long its beginning and its SHA-256. The name of a name, decoded, is the name itself.
 */
export function entryName(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  if (encoded.length <= LONGEST_NAME && !['', '.', '..'].includes(encoded)) return encoded;
  let beginning = '';
  for (const character of text.toWellFormed()) {
    const longer = beginning + encodeURIComponent(character);
    if (longer.length > READABLE_PART) break;
    beginning = longer;
  }
  return `${beginning}~${createHash('sha256').update(text).digest('hex')}`;
}

import { isAbsolute, relative } from 'node:path';

/** A path as it can be typed where the command was called: shorter than from the root, where it is. */
export function fromHere(path: string): string {
  if (path.startsWith('artifact://')) return path;
  const here = relative(process.cwd(), path);
  return !isAbsolute(path) || here.startsWith('..') ? path : here;
}

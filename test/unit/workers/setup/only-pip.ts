import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATH = process.env.PATH;

/** From now on this machine's only program is a `pip3` that brings these bytes as the file, or fails where there are none. */
export function onlyPip(file: string, bytes: string | Buffer | null): void {
  const folder = mkdtempSync(join(tmpdir(), 'alpaca-pip-'));
  writeFileSync(join(folder, 'bytes'), bytes ?? '');
  const copy =
    bytes === null
      ? 'echo no route to the index >&2; exit 1'
      : `/bin/cat '${join(folder, 'bytes')}' > "$2/${file}"`;
  const script = `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\n${copy}\n`;
  writeFileSync(join(folder, 'pip3'), script, { mode: 0o755 });
  process.env.PATH = folder;
}

/** As it was. */
export function everyProgram(): void {
  process.env.PATH = PATH;
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, ROOT } from '../command.ts';

/** What stands under one heading of a page: its blocks of `sh`, one after another. */
export interface Part {
  heading: string;
  script: string;
}

/** @throws where the page has no block of `sh` */
export function partsOf(page: string): Part[] {
  const parts = readFileSync(join(ROOT, page), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((part) => ({
      heading: part.slice(0, part.indexOf('\n')),
      script: [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join(''),
    }))
    .filter(({ script }) => script !== '');
  if (parts.length === 0) throw new Error(`${page} has no block of sh`);
  return parts;
}

/** Ends at the first command that fails. */
export function runPart(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { cwd, env, maxBuffer: 1 << 26 };
    const child = execFile('bash', ['-euo', 'pipefail', '-c', script], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

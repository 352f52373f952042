import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { tokenizeRows } from '../../activities/tokenize/tokenize-rows.ts';
import type { StepProgress } from '../../workflows/contracts/progress.ts';
import { tokenizeInput } from '../../workflows/contracts/tokenize.ts';

/**
 * Runs the tokenize step in a process of its own, as a worker does, with its child process, threads, progress
 * and a heartbeat a second: `node measure.ts FOLDER MODEL DATA`. Prints what it measured.
 */
export interface Measurement {
  seconds: number;
  workerPeakMiB: number;
  childPeakMiB: number;
  reports: number;
  truncated: number;
}

const [folder = '', model = '', data = ''] = process.argv.slice(2);
const store = createLocalStore({ root: join(folder, 'store'), importFolders: [model, data] });
let reports = 0;
let latest: StepProgress | undefined;
let childPeakMiB = 0;
const heartbeat = setInterval(() => JSON.stringify(latest), 1000);
const sampling = setInterval(() => void sampleChildren(), 100);
const begun = performance.now();
const result = await tokenizeRows(
  tokenizeInput.parse({ data, model }),
  { store },
  {
    signal: new AbortController().signal,
    report(progress) {
      reports += 1;
      latest = progress;
    },
  },
);
const seconds = (performance.now() - begun) / 1000;
clearInterval(heartbeat);
clearInterval(sampling);
const measurement: Measurement = {
  seconds,
  workerPeakMiB: process.resourceUsage().maxRSS / 1024,
  childPeakMiB,
  reports,
  truncated: result.truncated,
};
console.log(JSON.stringify(measurement));

/** The kernel keeps each process's highest resident memory; where there is no /proc it stays 0. */
async function sampleChildren(): Promise<void> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').filter((id) => id !== '')) {
    const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '');
    const kibibytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    childPeakMiB = Math.max(childPeakMiB, kibibytes / 1024);
  }
}

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import { noBrowser, openBrowser } from '../../test/browser/chromium.ts';
import { report } from '../../workers/command/release/report.ts';
import { openTerminal } from '../../workers/command/terminal.ts';
import { createRandom } from '../../workers/offline-teacher/tasks/random.ts';
import { composeTask } from '../../workers/offline-teacher/tasks/tasks.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { buildCorpus, RELEASED } from '../dedupe/corpus.ts';

/**
 * The report of a file of 52,002 rows: seconds, bytes, the process's peak memory, and how long a browser takes to open it. Half of the rows have
 * tasks of the offline teacher, which are English and longer than the recipe's; the other half have
 * instructions of the recipe's lengths and word frequencies, whose words mean nothing.
 */
export async function benchReport(): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-report-'));
  try {
    const data = join(folder, 'rows.jsonl');
    await writeFile(data, toJsonLines(composeRows()));
    const page = join(folder, 'report.html');
    const begun = performance.now();
    const cpu = process.cpuUsage();
    // Its result line is not the benchmark's: this process prints one object.
    const silent = { ...openTerminal({}), result() {} };
    await report(data, { out: page, png: join(folder, 'charts') }, silent, new AbortController().signal);
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      cores: availableParallelism(),
      rows: RELEASED.rows,
      seconds: { measured: Number(seconds.toFixed(1)), atMost: 30 },
      // Of all threads: what a machine that does other things besides makes longer, but not much more.
      cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
      bytes: { measured: (await stat(page)).size, atMost: 25_000_000 },
      opened: await openingOf(page),
      // Kilobytes on Linux, threads included; composing the rows is in it.
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How long a browser takes to open it, the table of rows with it, and to search and to sort that, in milliseconds. */
async function openingOf(path: string): Promise<Record<string, number> | string> {
  if (noBrowser) return `not measured: ${noBrowser}`;
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    return {
      openMs: await millisecondsOf(() => page.goto(pathToFileURL(path).href)),
      searchMs: await millisecondsOf(() => page.locator('#row-words').fill('river')),
      sortMs: await millisecondsOf(() => page.locator('[data-column=output]').click()),
    };
  } finally {
    await browser.close();
  }
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return Math.round(performance.now() - begun);
}

function composeRows(): RecipeRow[] {
  const random = createRandom('report');
  return buildCorpus().map((instruction, index) => {
    const { instruction: composed, input, output } = composeTask(random);
    return { instruction: index % 2 === 0 ? composed : instruction, input, output };
  });
}

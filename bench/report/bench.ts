import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import { report } from '../../workers/command/release/report.ts';
import { openTerminal } from '../../workers/command/terminal.ts';
import { createRandom } from '../../workers/offline-teacher/tasks/random.ts';
import { composeTask } from '../../workers/offline-teacher/tasks/tasks.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { buildCorpus, RELEASED } from '../dedupe/corpus.ts';

/**
 * The report of a file of 52,002 rows: seconds, bytes and the process's peak memory. Half of the rows have
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
      bytes: { measured: (await stat(page)).size, atMost: 3_000_000 },
      // Kilobytes on Linux, threads included; composing the rows is in it.
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function composeRows(): RecipeRow[] {
  const random = createRandom('report');
  return buildCorpus().map((instruction, index) => {
    const { instruction: composed, input, output } = composeTask(random);
    return { instruction: index % 2 === 0 ? composed : instruction, input, output };
  });
}

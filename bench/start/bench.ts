import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RunSummary } from '../../workers/runs/summary.ts';

/**
 * The main job as a user starts it, `npm start`, in an empty state folder and after set-up: how long it
 * takes, how much memory its largest process had, and what the trained model can do.
 */
export async function benchStart(args: string[]): Promise<Record<string, unknown>> {
  const state = await mkdtemp(join(tmpdir(), 'alpaca-bench-'));
  try {
    const begun = performance.now();
    const { summary, peaks } = await runStart(state, args);
    const seconds = (performance.now() - begun) / 1000;
    const { heldOut, exactMatch, pairwise } = summary.evaluation;
    if (!heldOut) throw new Error('the run had no held-out rows to measure on');
    return {
      cores: availableParallelism(),
      seconds: Number(seconds.toFixed(1)),
      secondsAtMost: 240,
      rows: summary.rows,
      largestProcessMiB: Math.round(Math.max(...peaks.values())),
      peakMiB: Object.fromEntries([...peaks].map(([name, peak]) => [name, Math.round(peak)])),
      loss: {
        ...summary.loss,
        fallPercent: Number((100 * (1 - summary.loss.after / summary.loss.before)).toFixed(1)),
        fallPercentAtLeast: 40,
        bigram: heldOut.lossBigram,
        isBelowBigram: heldOut.lossBigram !== null && heldOut.lossA < heldOut.lossBigram,
        promptsExchanged: heldOut.lossPromptsExchanged,
        risesWithExchangedPrompts: heldOut.lossPromptsExchanged > heldOut.lossA,
      },
      exactMatch,
      winRate: pairwise.winRate,
      winRateInterval: pairwise.interval,
      datasetDigest: summary.datasetDigest,
      modelDigest: summary.modelDigest,
    };
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

/** @param env beside this process's own */
export async function runStart(
  state: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ summary: RunSummary; peaks: Map<string, number> }> {
  const command = fileURLToPath(new URL('../../bin/alpaca.mjs', import.meta.url));
  const child = spawn(process.execPath, [command, 'run', '--json', ...args], {
    env: { ...process.env, ALPACA_STATE: state, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const peaks = new Map<string, number>();
  const sampling = setInterval(() => void sampleMemory(child.pid ?? 0, peaks), 500);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(sampling);
  if (code !== 0) throw new Error(`npm start ended with ${code}`);
  return { summary: JSON.parse(output.trim().split('\n').at(-1) ?? '') as RunSummary, peaks };
}

/** Notes the resident memory of every descendant, in MiB, by what it runs. */
async function sampleMemory(root: number, peaks: Map<string, number>): Promise<void> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,rss=,args=']);
  const processes = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, kibibytes, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command
      ? [{ pid: Number(pid), parent: Number(parent), mebibytes: Number(kibibytes) / 1024, command }]
      : [];
  });
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of processes) {
      if (!family.has(parent) || family.has(pid)) continue;
      family.add(pid);
      grown = true;
    }
  }
  for (const { pid, mebibytes, command } of processes) {
    if (!family.has(pid)) continue;
    const name =
      /([\w-]+\/[\w-]+)\.(?:ts|mjs)\b/.exec(command)?.[1] ?? command.split(' ')[0]?.split('/').at(-1) ?? '';
    peaks.set(name, Math.max(peaks.get(name) ?? 0, mebibytes));
  }
}

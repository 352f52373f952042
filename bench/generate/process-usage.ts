import { readFileSync } from 'node:fs';

/** What a process has used so far, its threads included. Linux only: both come from /proc. */
export interface ProcessUsage {
  cpuMs: number;
  /** the most resident memory that it ever had, in MiB */
  peakMemoryMiB: number;
}

/** Linux counts processor time in hundredths of a second. */
const MS_PER_TICK = 10;

export function usageOf(pid: number): ProcessUsage {
  // The name, in brackets, may hold spaces: fields are counted from behind it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    peakMemoryMiB: Number(peak) / 1024,
  };
}

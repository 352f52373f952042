import { readFileSync } from 'node:fs';

/**
 * The most resident memory that this process has had, in bytes. Not from getrusage where there is a better
 * source: on Linux its ru_maxrss survives exec, and so counts what the parent had when it forked.
 */
export function peakMemoryBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

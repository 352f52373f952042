/** A time in words, the same on every screen and machine: `2026-11-29 02:13 UTC`. */
export function utcMinute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

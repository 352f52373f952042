/** Numbers as people read them: the same in the card, the report and the web pages. */

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `part` of `whole` in percent with one decimal; "0.0%" of nothing. */
export function percentOf(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(1)}%`;
}

/** A figure in percent with one decimal; "none" where there is no figure. */
export function percent(value: number | null): string {
  return value === null ? 'none' : `${value.toFixed(1)}%`;
}

export function bytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const unit = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${unit === 0 ? count(value) : (value / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}

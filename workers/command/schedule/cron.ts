import { UsageError } from '../outcome.ts';

/** Five fields, by name, as cron has them: bounds, and the names that a field takes in place of numbers. */
const FIELDS: readonly { name: string; from: number; to: number; names?: readonly string[] }[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  {
    ...{ name: 'month', from: 1, to: 12 },
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    ...{ name: 'day of the week', from: 0, to: 7 },
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
];

const SHORTCUT = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every (\d{1,6}[smhd]){1,4})$/;

/**
 * Checks an expression as the Temporal server reads it, before anything is made.
 *
 * @throws UsageError naming the field that is wrong
 */
export function checkCron(text: string): string {
  const cron = text.trim();
  if (SHORTCUT.test(cron)) return cron;
  const parts = cron.split(/\s+/);
  if (parts.length !== FIELDS.length)
    throw new UsageError(
      `--cron "${text}" has ${parts.length} fields: expected ${FIELDS.length}, minute, hour, day of the month, month and ` +
        'day of the week, such as "0 3 * * *", or @daily, @hourly, "@every 6h".',
    );
  const [, , days = [], months = []] = FIELDS.map((field, at) => {
    const values = (parts[at] ?? '').split(',').map((item) => valuesOf(item, field));
    if (!values.includes(null)) return values.flatMap((some) => some ?? []);
    throw new UsageError(
      `--cron "${text}": ${field.name} is ${parts[at]}: expected *, numbers from ${field.from} to ${field.to}, ranges or steps.`,
    );
  });
  // The server asks that each field fits, the day of the week too.
  if (!months.some((month) => Math.min(...days) <= (LONGEST[month - 1] ?? 0)))
    throw new UsageError(`--cron "${text}" never comes: its month (${parts[3]}) has no day ${parts[2]}.`);
  return cron;
}

/** Days of the months, February in a leap year. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What `*`, `5` or `mon-fri` stands for, each with `/2` behind it where only some are meant; null: it is none of these. */
function valuesOf(item: string, field: (typeof FIELDS)[number]): number[] | null {
  const [, range = '', step] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item) ?? [];
  if (step !== undefined && Number(step) === 0) return null;
  const ends = range === '*' ? [field.from, field.to] : range.split('-').map((end) => numberOf(end, field));
  const [from = Number.NaN, to = step === undefined ? from : field.to] = ends;
  if (ends.length > 2 || !(from >= field.from && to <= field.to && from <= to)) return null;
  const all = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return all.filter((value) => (value - from) % Number(step ?? 1) === 0);
}

function numberOf(text: string, { from, names = [] }: (typeof FIELDS)[number]): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const at = names.indexOf(text.toLowerCase());
  return at < 0 ? Number.NaN : at + from;
}

/** @throws UsageError for what is no name of a time zone, such as Europe/Berlin */
export function checkTimeZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    throw new UsageError(
      `--time-zone ${name} is no time zone: expected a name such as Europe/Berlin or UTC.`,
    );
  }
  // An offset is no name, which the server asks for.
  if (/^[+-]/.test(name))
    throw new UsageError(`--time-zone ${name} is an offset: expected a name such as UTC.`);
  return name;
}

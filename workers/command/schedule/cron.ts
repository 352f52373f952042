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
  for (const [at, field] of FIELDS.entries()) {
    const part = parts[at] ?? '';
    if (part.split(',').every((item) => isItem(item, field))) continue;
    throw new UsageError(
      `--cron "${text}": ${field.name} is ${part}: expected *, numbers from ${field.from} to ${field.to}, ranges or steps.`,
    );
  }
  return cron;
}

/** `*`, `5`, `mon-fri`, each with `/2` behind it. */
function isItem(item: string, field: (typeof FIELDS)[number]): boolean {
  const [, range = '', step] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item) ?? [];
  if (step !== undefined && Number(step) === 0) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => numberOf(end, field));
  const [from = Number.NaN, to = from] = ends;
  return ends.length <= 2 && from >= field.from && to <= field.to && from <= to;
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

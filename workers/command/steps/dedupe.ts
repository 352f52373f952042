import { dedupeFiles } from '../../../activities/dedupe/dedupe-files.ts';
import { dedupeSettings } from '../../../workflows/contracts/settings.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { terminalAttempt } from './step.ts';

export const DEDUPE_OPTIONS = Object.keys(dedupeSettings.shape);

interface DedupeOptions extends Record<string, unknown> {
  out: string;
  against?: string;
  rejected?: string;
  field: string;
  skipBadRows?: boolean;
}

/** `alpaca dedupe DATA`: writes the kept rows and, where asked, the rejected ones. */
export async function dedupe(
  data: string,
  options: DedupeOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const settings = parseInput(
    dedupeSettings,
    schemaValues(options, dedupeSettings, DEDUPE_OPTIONS),
    'options',
  );
  const { out, against, rejected, field, skipBadRows = false } = options;
  const result = await dedupeFiles(
    {
      ...settings,
      input: data,
      out,
      against,
      rejected,
      field,
      skipBadRows,
      onBadRow: ({ source, where, reason }) => terminal.say(`left out: ${source}, ${where}: ${reason}`),
    },
    terminalAttempt(signal),
  );
  const { rows, kept, exactDuplicates, badRows } = result;
  terminal.result(
    { ...result, path: out },
    `${kept} of ${rows} rows kept in ${out}; ${exactDuplicates} exact duplicates, ${badRows} bad rows left out`,
  );
}

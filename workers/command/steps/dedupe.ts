import { type DedupeFilesResult, dedupeFiles } from '../../../activities/dedupe/dedupe-files.ts';
import { dedupeSettings } from '../../../workflows/contracts/settings.ts';
import { dedupeInput } from '../../../workflows/contracts/steps.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { terminalAttempt } from './step.ts';

/** A command runs on one machine, which has no use for partitions. */
export const DEDUPE_OPTIONS = Object.keys(dedupeSettings.shape).filter((name) => name !== 'partitions');

interface DedupeOptions extends Record<string, unknown> {
  out: string;
  against?: string;
  rejected?: string;
  field: string;
  skipBadRows?: boolean;
}

/** `alpaca dedupe DATA`: writes the kept rows and, where asked, the rejected ones; `-` is standard input. */
export async function dedupe(
  data: string,
  options: DedupeOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, dedupeInput, DEDUPE_OPTIONS);
  const { threshold, tokenization, mode } = parseInput(dedupeInput, given, 'options');
  const { out, against, rejected, field, skipBadRows = false } = options;
  const result = await dedupeFiles(
    {
      threshold,
      tokenization,
      mode,
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
  terminal.result({ ...result, path: out }, summary(result, out));
}

function summary(result: DedupeFilesResult, out: string): string {
  const { rows, kept, rejected, exactDuplicates, normalizedDuplicates, badRows } = result;
  const { clusters, largestCluster } = result;
  const lines = [
    `${kept} of ${rows} rows kept in ${out}; ${rejected} rejected`,
    `${exactDuplicates} exact duplicates, ${normalizedDuplicates} rejected rows that differ at most in case and punctuation`,
    `${clusters} clusters of near duplicates, at most ${largestCluster} rejected rows in one`,
  ];
  if (badRows > 0) lines.push(`${badRows} bad rows left out`);
  return lines.join('\n');
}

import { filterRows } from '../../../activities/filter/filter-rows.ts';
import { filterInput } from '../../../workflows/contracts/filter.ts';
import { droppedText } from '../../../workflows/decisions/screen/dropped-text.ts';
import { UsageError } from '../outcome.ts';
import { storePlace } from '../place.ts';
import { checkBenchmarks, importBenchmarks } from '../run/benchmark-files.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { copyOut, openStep, terminalAttempt } from './step.ts';

export const FILTER_OPTIONS = ['rules', 'language'];

interface FilterOptions extends Record<string, unknown> {
  out: string;
  rules?: string;
  dropped?: string;
  against?: string[];
  words?: string;
  rougeL?: string;
}

/** `alpaca filter DATA`: writes the kept rows and, where asked, the dropped ones with why. */
export async function filter(
  data: string,
  options: FilterOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = {
    ...schemaValues(options, filterInput, FILTER_OPTIONS),
    ...(options.rules === 'none' ? { rules: [] } : {}),
    ...decontaminationGiven(options),
  };
  const input = parseInput(filterInput, { ...given, data }, 'options');
  await checkBenchmarks(input.decontaminate);
  const decontaminate = await importBenchmarks(input.decontaminate, storePlace());
  const { input: named, store } = await openStep({ ...input, decontaminate }, ['data']);
  const result = await filterRows(named, { store }, terminalAttempt(signal));
  const path = await copyOut(store, result.data, options.out);
  const droppedPath =
    options.dropped === undefined ? null : await copyOut(store, result.dropped, options.dropped);
  terminal.result(
    { ...result, path, droppedPath },
    `${result.data.rows} of ${result.data.rows + result.dropped.rows} rows kept in ${path}; ${droppedText(result)}`,
  );
}

function decontaminationGiven({ against, words, rougeL }: FilterOptions): Record<string, unknown> {
  if (against === undefined) {
    if (words === undefined && rougeL === undefined) return {};
    throw new UsageError('Rows are held against no files. Name some: --against FILE...');
  }
  const numbers = Object.entries({ words, rougeL }).filter(([, text]) => text !== undefined);
  return {
    decontaminate: {
      files: against,
      ...Object.fromEntries(numbers.map(([name, text]) => [name, numberOrNull(text)])),
    },
  };
}

/** A number or null; what is neither stays as it is, for the schema to refuse. */
function numberOrNull(text: string | undefined): unknown {
  if (text === 'null') return null;
  return text?.trim() && Number.isFinite(Number(text)) ? Number(text) : text;
}

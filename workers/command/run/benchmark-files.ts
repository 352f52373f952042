import { readBenchmark } from '../../../activities/filter/overlap/benchmark.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import type { Decontamination } from '../../../workflows/contracts/filter.ts';
import { existing, importSource, isPath } from '../place.ts';

/** The files that rows must not overlap, as the user named them. */

/** @throws AlpacaError NotFound; InvalidInput naming the file by the user's own name, and the row */
export async function checkBenchmarks(decontaminate: Decontamination | null | undefined): Promise<void> {
  for (const [file, source] of (decontaminate?.files ?? []).entries())
    if (isPath(source)) await readBenchmark(await existing(source), file, source);
}

/** Replaces them by artifacts of the store, which is a folder. */
export async function importBenchmarks(
  decontaminate: Decontamination | null,
  store: string,
): Promise<Decontamination | null> {
  if (decontaminate === null) return null;
  const files: DataSource[] = [];
  for (const source of decontaminate.files) files.push(await importSource(source, 'benchmark', store));
  return { ...decontaminate, files };
}

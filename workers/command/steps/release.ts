import { releaseRows } from '../../../activities/release/activities.ts';
import { releaseInput } from '../../../workflows/contracts/steps.ts';
import { requireReplaceable } from '../outputs.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { copyOut, openStep, terminalAttempt } from './step.ts';

export const RELEASE_OPTIONS = ['name', 'licence'];

/** `alpaca release DATA`: the folder that a person publishes, with dataset card and manifest. */
export async function release(
  data: string,
  options: Record<string, unknown> & { out: string; report?: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, releaseInput, RELEASE_OPTIONS);
  const input = parseInput(releaseInput, { ...given, data }, 'options');
  await requireReplaceable('--out', options.out, 'manifest.json');
  const { input: named, store } = await openStep(input, ['data']);
  const result = await releaseRows(named, { store }, terminalAttempt(signal));
  const path = await copyOut(store, result.release, options.out);
  const reportPath =
    options.report === undefined ? null : await copyOut(store, result.report, options.report);
  terminal.result({ ...result, path, reportPath }, `${result.dataset.rows} rows in ${path}`);
}

import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { openModel } from '../../../activities/model/model-process.ts';
import { templateOf } from '../../../activities/tokenize/template-file.ts';
import { tokenizeRows } from '../../../activities/tokenize/tokenize-rows.ts';
import { readTokens } from '../../../activities/tokenize/tokens.ts';
import { tokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { LOSS_OPTIONS } from '../definitions/step-options.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { adapterOption, openStep, terminalAttempt } from './step.ts';

const ROWS_AT_ONCE = 32;

/**
 * `alpaca loss`: each row's targets and summed negative log-likelihood in nats, and the mean per target. Rows are put into
 * what the model was taught, where neither a format nor a template is named.
 */
export async function loss(
  options: Record<string, unknown> & { data: string; adapter?: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = schemaValues(options, tokenizeInput, LOSS_OPTIONS);
  const input = parseInput(tokenizeInput, { ...given, data: options.data, heldOut: 0 }, 'options');
  const { input: named, store } = await openStep(input, ['data', 'model', 'template']);
  if (given.format === undefined && named.template === null) {
    const { path } = await store.locate(named.model, builtinPath('tiny-model', named.language));
    if ((await templateOf(path)) === null) named.format = 'chat';
  }
  const attempt = terminalAttempt(signal);
  const { model, tokens } = await tokenizeRows(named, { store }, attempt);
  const tokenRows = await readTokens(await store.open(tokens));
  const process = await openModel(await store.open(model), attempt, adapterOption(options));
  const rows: { row: number; targets: number; sum: number }[] = [];
  try {
    for (let start = 0; start < tokenRows.length; start += ROWS_AT_ONCE) {
      const batch = tokenRows.slice(start, start + ROWS_AT_ONCE);
      const losses = await process.losses(batch);
      batch.forEach(({ row }, index) => {
        rows.push({ row, targets: losses[index]?.targets ?? 0, sum: losses[index]?.sum ?? 0 });
      });
      attempt.report({ done: rows.length, total: tokenRows.length, unit: 'rows' });
    }
  } finally {
    await process.close();
  }
  const targets = rows.reduce((total, row) => total + row.targets, 0);
  const sumNegativeLogLikelihood = rows.reduce((total, row) => total + row.sum, 0);
  const mean = sumNegativeLogLikelihood / targets;
  terminal.result(
    // The totals first: the rows may be many.
    { targets, sumNegativeLogLikelihood, mean, rows },
    `${mean.toFixed(6)} nats per target token (${targets} targets in ${rows.length} rows)`,
  );
}

import { messageOf } from './cache.mjs';
import { findNode } from './node.mjs';
import { findLlamaCpp } from './optional/llama-cpp.mjs';
import { findTorch } from './optional/torch.mjs';
import { findTemporal } from './temporal.mjs';
import { findTensorFlow } from './tensorflow.mjs';

/** @typedef {'node' | 'temporal' | 'tensorflow' | 'torch' | 'llama-cpp'} Part */
/** @typedef {{ node: string, temporal: string | null }} Found the programs to run, as paths */

/** A part that is there already takes less; it gets no line unless all are asked for. */
const WORTH_A_LINE_SECONDS = 1;

/**
 * @typedef {{ path?: string, version: string, from: string, note?: string | null }} Brought
 * @type {Record<Part, { title: string, find: (print: (line: string) => void) => Promise<Brought> }>}
 */
const PARTS = {
  node: { title: 'Node', find: () => findNode() },
  temporal: { title: 'Temporal CLI', find: () => findTemporal() },
  tensorflow: { title: 'TensorFlow', find: (print) => findTensorFlow({ print }) },
  torch: { title: 'PyTorch', find: () => findTorch() },
  'llama-cpp': { title: 'llama.cpp', find: () => findLlamaCpp() },
};

/**
 * Brings the parts, side by side, with a line on standard error for each that took a while. A part that
 * cannot be had does not stop the others: what they bring stays in the cache, and all failures are told.
 * @param {readonly Part[]} parts
 * @param {{ verbose?: boolean, print?: (line: string) => void }} [options]
 * @returns {Promise<Found>}
 */
export async function setUp(
  parts,
  { verbose = false, print = (line) => process.stderr.write(`${line}\n`) } = {},
) {
  const begun = setTimeout(
    () =>
      print(`set-up: bringing ${parts.map((part) => PARTS[part].title).join(', ')} (once; a few minutes)`),
    2000,
  );
  const results = await Promise.allSettled(parts.map((part) => bring(part, verbose, print)));
  clearTimeout(begun);
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  // Parts that share a cause, such as a cache that cannot be written, tell it once.
  const reasons = [...new Set(failures.map(messageOf))];
  if (reasons.length === 1) throw failures[0];
  if (reasons.length > 1) throw new AggregateError(failures, reasons.join('\n'));
  const found = new Map(
    results.map((result, index) => [parts[index], 'value' in result ? result.value : undefined]),
  );
  return { node: found.get('node')?.path ?? process.execPath, temporal: found.get('temporal')?.path ?? null };
}

/**
 * @param {Part} part
 * @param {boolean} verbose
 * @param {(line: string) => void} print
 * @returns {Promise<Brought>}
 */
async function bring(part, verbose, print) {
  const { title, find } = PARTS[part];
  const start = performance.now();
  const found = await find((line) => print(`set-up: ${line}`));
  const seconds = (performance.now() - start) / 1000;
  const { note } = found;
  if (verbose || note || seconds > WORTH_A_LINE_SECONDS)
    print(
      `set-up: ${title} ${found.version} (${found.from}), ${seconds.toFixed(1)} s${note ? `; ${note}` : ''}`,
    );
  return found;
}

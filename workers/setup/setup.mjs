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
 * @typedef {(line: string) => void} Say
 * @type {Record<Part, { title: string, find: (print: Say, doing: Say) => Promise<Brought> }>}
 */
const PARTS = {
  node: { title: 'Node', find: () => findNode() },
  temporal: { title: 'Temporal CLI', find: (_, doing) => findTemporal({ doing }) },
  tensorflow: { title: 'TensorFlow', find: (print) => findTensorFlow({ print }) },
  torch: { title: 'PyTorch', find: () => findTorch() },
  'llama-cpp': { title: 'llama.cpp', find: () => findLlamaCpp() },
};

/**
 * Brings the parts, side by side, with a line on standard error for each that took a while, and one that says what is
 * being brought: over and over on a terminal, else every half minute. A part that
 * cannot be had does not stop the others: what they bring stays in the cache, and all failures are told.
 * @param {readonly Part[]} parts
 * @param {{ verbose?: boolean, print?: (line: string) => void, stream?: { isTTY?: boolean, write(text: string): unknown } }} [options]
 * @returns {Promise<Found>}
 */
export async function setUp(
  parts,
  { verbose = false, stream = process.stderr, print = (line) => stream.write(`${line}\n`) } = {},
) {
  const status = showStatus(stream, print);
  const results = await Promise.allSettled(parts.map((part) => bring(part, verbose, status)));
  status.end();
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
 * @param {ReturnType<typeof showStatus>} status
 * @returns {Promise<Brought>}
 */
async function bring(part, verbose, status) {
  const { title, find } = PARTS[part];
  const start = performance.now();
  status.doing(title, '');
  try {
    const found = await find(
      (line) => status.say(`set-up: ${line}`),
      (how) => status.doing(title, how),
    );
    const seconds = (performance.now() - start) / 1000;
    const { note } = found;
    if (verbose || note || seconds > WORTH_A_LINE_SECONDS)
      status.say(
        `set-up: ${title} ${found.version} (${found.from}), ${seconds.toFixed(1)} s${note ? `; ${note}` : ''}`,
      );
    return found;
  } finally {
    status.done(title);
  }
}

/** What is there takes no time, and is not worth a word. */
const QUIET_MS = 2000;
const LINE_EVERY_MS = 30_000;

/**
 * The line that says what is being brought, and since when: it goes where others are printed, and with `end`.
 * @param {{ isTTY?: boolean, write(text: string): unknown }} stream
 * @param {Say} print
 */
export function showStatus(stream, print) {
  /** @type {Map<string, string>} */
  const working = new Map();
  const begun = Date.now();
  const text = () => {
    const parts = [...working].map(([title, how]) => (how === '' ? title : `${title} (${how})`));
    return `set-up, once: bringing ${parts.join(', ')}; ${Math.round((Date.now() - begun) / 1000)} s so far`;
  };
  const clear = () => stream.isTTY && stream.write('\r\x1b[K');
  const show = () => {
    if (stream.isTTY) stream.write(`\r\x1b[K${text()}`);
    else print(text());
  };
  /** @type {NodeJS.Timeout | undefined} */
  let again;
  const first = setTimeout(() => {
    show();
    again = setInterval(show, stream.isTTY ? 1000 : LINE_EVERY_MS);
  }, QUIET_MS);
  return {
    /** @param {string} title @param {string} how */
    doing: (title, how) => void working.set(title, how),
    /** @param {string} title */
    done: (title) => void working.delete(title),
    /** @type {Say} */
    say: (line) => {
      clear();
      print(line);
    },
    end: () => {
      clearTimeout(first);
      clearInterval(again);
      if (again !== undefined) clear();
    },
  };
}

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import { loadTokenizer, type Tokenizer } from '../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../activities/model/tokenizer/tokenizer-files.ts';
import { formatPrompt } from '../../activities/tokenize/templates.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { RELEASED } from '../dedupe/corpus.ts';
import { buildRows } from './corpus.ts';
import type { Measurement } from './measure.ts';
import { ENTRIES, writeModelFolder } from './model-folder.ts';
import { pythonWithTokenizers, type RustMeasurement, runPeer } from './rust-peer.ts';

/** Rows that `@huggingface/tokenizers` is timed on, and on which ids are compared. */
const SAMPLE = 5000;

/**
 * `npm run bench -- tokenize [--rows 52002]`: the tokenize step, child process and threads and all, on rows of
 * the released shape and a byte-level BPE of 32,000 entries that is trained on them; beside it
 * `@huggingface/tokenizers` in one thread and the Rust library in all, with their ids compared to ours.
 */
export async function benchTokenize(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({ args, options: { rows: { type: 'string', default: `${RELEASED.rows}` } } });
  const count = Number(values.rows);
  const rows = buildRows(count);
  const model = await trainedModel(rows);
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-tokenize-'));
  try {
    const data = join(folder, 'rows.jsonl');
    await writeFile(data, toJsonLines(rows));
    const step = await measureStep(folder, model, data);
    const tokenizer = await loadTokenizer(model);
    const textTokens = countText(rows, tokenizer);
    return {
      rows: count,
      entries: ENTRIES,
      textTokens,
      cores: availableParallelism(),
      step: {
        seconds: rounded(step.seconds),
        secondsAtMost: 10,
        textTokensPerSecond: Math.round(textTokens / step.seconds),
        workerPeakMiB: Math.round(step.workerPeakMiB),
        childPeakMiB: Math.round(step.childPeakMiB),
        reports: step.reports,
        truncated: step.truncated,
      },
      peers: {
        javascript: await compareLibrary(rows.slice(0, SAMPLE), model, tokenizer),
        rust: await compareRust(rows, data, model, tokenizer),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tokenizer takes longer to train than to run, so it is kept beside the system's temporary files. */
async function trainedModel(rows: readonly RecipeRow[]): Promise<string> {
  const path = join(tmpdir(), `alpaca-bench-tokenize-model-${rows.length}`);
  if (!(await stat(join(path, 'config.json')).catch(() => null))) {
    console.error('Training a tokenizer on the rows; it is kept for the next time.');
    await mkdir(path, { recursive: true });
    await writeModelFolder(path, rows);
  }
  return path;
}

async function measureStep(folder: string, model: string, data: string): Promise<Measurement> {
  const script = fileURLToPath(new URL('./measure.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, folder, model, data]);
  return JSON.parse(stdout) as Measurement;
}

function countText(rows: readonly RecipeRow[], tokenizer: Tokenizer): number {
  let tokens = 0;
  for (const { instruction, input, output } of rows)
    for (const text of [instruction, input, output])
      tokens += tokenizer.encode(text, { addSpecialTokens: false }).length;
  return tokens;
}

function textOf(row: RecipeRow): string {
  return `${formatPrompt(row)}${row.output}</s>`;
}

async function compareLibrary(rows: readonly RecipeRow[], model: string, tokenizer: Tokenizer) {
  const { tokenizer: settings, config } = await readTokenizerFiles(model);
  const library = new HuggingFaceTokenizer(settings, config);
  const texts = rows.map(textOf);
  const theirs = timed(() => texts.map((text) => library.encode(text, { add_special_tokens: true }).ids));
  const fresh = await loadTokenizer(model);
  const ours = timed(() => texts.map((text) => fresh.encode(text, { addSpecialTokens: true })));
  return {
    sampledRows: rows.length,
    threads: 1,
    seconds: rounded(theirs.seconds),
    oursSeconds: rounded(ours.seconds),
    rowsDiffering: countDiffering(texts, theirs.result, tokenizer),
  };
}

async function compareRust(
  rows: readonly RecipeRow[],
  data: string,
  model: string,
  tokenizer: Tokenizer,
): Promise<Record<string, unknown>> {
  const environment = await pythonWithTokenizers();
  if ('missing' in environment) {
    console.error(`The Rust library is left out: ${environment.missing}`);
    return { skipped: environment.missing };
  }
  const texts = rows.map(textOf);
  const path = `${data}.texts.json`;
  const idsPath = `${data}.ids.json`;
  await writeFile(path, JSON.stringify({ prompts: rows.map((row) => formatPrompt(row)), texts }));
  const measured: RustMeasurement = await runPeer(environment.python, [
    join(model, 'tokenizer.json'),
    path,
    idsPath,
    `${SAMPLE}`,
  ]);
  const ids = JSON.parse(await readFile(idsPath, 'utf8')) as number[][];
  return {
    version: measured.version,
    seconds: rounded(measured.seconds),
    encodes: 'prompts and whole rows, as the step does',
    comparedRows: ids.length,
    rowsDiffering: countDiffering(texts.slice(0, ids.length), ids, tokenizer),
  };
}

function countDiffering(texts: readonly string[], theirs: readonly number[][], tokenizer: Tokenizer): number {
  return texts.filter((text, i) => {
    const ours = tokenizer.encode(text, { addSpecialTokens: true });
    const ids = theirs[i] ?? [];
    return ours.length !== ids.length || ours.some((id, place) => id !== ids[place]);
  }).length;
}

function timed<Result>(work: () => Result): { result: Result; seconds: number } {
  const begun = performance.now();
  const result = work();
  return { result, seconds: (performance.now() - begun) / 1000 };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

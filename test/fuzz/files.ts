import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinPath } from '../../activities/artifacts/builtin.ts';
import { unwatched } from '../../activities/attempt.ts';
import { ChildProcess } from '../../activities/process/child-process.ts';
import { TokenFile } from '../../activities/tokenize/token-file.ts';
import fc from '../property.ts';
import type { Door, Passing } from './file-child.ts';
import { type ByteEdit, byteEdits, editBytes, editJson, type JsonEdit, jsonEdits } from './mutation.ts';

/** What holds at every door, whatever comes through it. */
const MOST_MS = 5000;
const MOST_BYTES = 2 ** 30;

/** A door's valid files by name, and which of them is changed. */
interface Valid {
  files: Record<string, Uint8Array>;
  changed: string[];
}

export interface FuzzOptions {
  /** how many changed files; no end where it is not given */
  runs?: number;
  minutes?: number;
  seed?: number;
}

/**
 * Sends changed valid files through a door, in a process of its own, and asserts of each that the process lives, has
 * answered within five seconds, has never had more than a gigabyte, and throws nothing but coded errors.
 *
 * @returns how many passed with which outcome
 */
export async function fuzzFiles(
  door: Door,
  { runs, minutes, seed }: FuzzOptions,
): Promise<Record<string, number>> {
  const valid = await VALID[door]();
  const folder = await mkdtemp(join(tmpdir(), `alpaca-fuzz-${door}-`));
  const outcomes: Record<string, number> = {};
  let child = startChild();
  let over = false;
  const pass = async (files: Record<string, Uint8Array>) => {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const { outcome, peakBytes } = await child.ask({ door, folder }, MOST_MS);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    assert.ok(peakBytes < MOST_BYTES, `it took ${Math.round(peakBytes / 2 ** 20)} MiB`);
  };
  try {
    assert.equal(
      (await child.ask({ door, folder: await written(folder, valid.files) }, 60_000)).outcome,
      'taken',
    );
    const change = fc.record({ file: fc.nat(), json: jsonEdits, bytes: byteEdits, isJson: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(change, async (edits) => {
        try {
          await pass(changedFiles(valid, edits));
        } catch (error) {
          // fast-check leaves the last one behind once its time is up.
          if (over) return;
          // The next is not to suffer for it.
          await child.close();
          child = startChild();
          throw error;
        }
      }),
      {
        numRuns: runs ?? Number.MAX_SAFE_INTEGER,
        ...(minutes === undefined ? {} : { interruptAfterTimeLimit: minutes * 60_000 }),
        ...(seed === undefined ? {} : { seed }),
      },
    );
  } finally {
    over = true;
    await child.close();
    await rm(folder, { recursive: true, force: true });
  }
  return outcomes;
}

function startChild(): ChildProcess<{ door: Door; folder: string }, Passing> {
  return new ChildProcess(new URL('./file-child.ts', import.meta.url), unwatched, async () => {}, {
    name: 'fuzz',
  });
}

async function written(folder: string, files: Record<string, Uint8Array>): Promise<string> {
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

interface Change {
  file: number;
  json: JsonEdit[];
  bytes: ByteEdit[];
  isJson: boolean;
}

/** All files of a door, one of them changed: as JSON where it holds any, else byte by byte. */
function changedFiles(
  { files, changed }: Valid,
  { file, json, bytes, isJson }: Change,
): Record<string, Uint8Array> {
  const name = changed[file % changed.length] ?? '';
  const whole = files[name] ?? new Uint8Array();
  const edited = isJson
    ? (editInside(name, whole, json) ?? editBytes(whole, bytes))
    : editBytes(whole, bytes);
  return { ...files, [name]: edited };
}

/** The JSON of a file edited, its frame kept whole: the length before a header, the lines of rows. */
function editInside(name: string, bytes: Uint8Array, edits: JsonEdit[]): Uint8Array | null {
  if (name.endsWith('.json')) return editJson(bytes, edits);
  if (name.endsWith('.safetensors')) {
    const end = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header = editJson(bytes.subarray(8, end), edits);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    return Buffer.concat([length, header, bytes.subarray(end)]);
  }
  if (!name.endsWith('.jsonl')) return null;
  const lines = Buffer.from(bytes).toString().split('\n');
  const [first = '', ...others] = lines;
  return Buffer.from([editJson(Buffer.from(first), edits).toString(), ...others].join('\n'));
}

const TINY = builtinPath('tiny-model', 'en');
const FIXTURES = new URL('../fixtures/', import.meta.url);

async function ofTiny(names: readonly string[]): Promise<Record<string, Uint8Array>> {
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(TINY, name))] as const)),
  );
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

const VALID: Record<Door, () => Promise<Valid>> = {
  async safetensors() {
    const file = await readFile(new URL('model-folder/dtypes.safetensors', FIXTURES));
    return { files: { 'model.safetensors': file }, changed: ['model.safetensors'] };
  },
  async config() {
    const files = {
      ...(await ofTiny(['config.json', 'generation_config.json'])),
      'adapter_config.json': json({ peft_type: 'LORA', r: 4, lora_alpha: 8, modules_to_save: ['lm_head'] }),
      'prompt_template.json': json({
        prompt_input: '{instruction} {input}',
        prompt_no_input: '{instruction}',
      }),
    };
    return { files, changed: ['config.json', ...Object.keys(files)] };
  },
  async tokenizer() {
    const names = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];
    return { files: await ofTiny(names), changed: names };
  },
  async parquet() {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-fuzz-tokens-'));
    const file = new TokenFile(join(folder, 'tokens.parquet'));
    for (let row = 0; row < 40; row += 1)
      file.add({
        row,
        inputIds: Int32Array.from({ length: row % 9 }, (_, i) => i * row),
        labels: new Int32Array(row % 9).fill(-100),
      });
    await file.close();
    const bytes = await readFile(file.path);
    await rm(folder, { recursive: true });
    return { files: { 'tokens.parquet': bytes }, changed: ['tokens.parquet'] };
  },
  async jsonl() {
    const task = {
      ...{ id: 'a', name: 'b', instruction: 'Write "a" poem.', is_classification: false },
      instances: [{ input: '', output: 'A\npoem \u00e9.' }],
    };
    const rows = Array.from({ length: 5 }, (_, i) => JSON.stringify({ ...task, id: `a${i}` }));
    const array = `[${rows.join(',\n')}]`;
    return {
      files: { 'rows.jsonl': Buffer.from(`${rows.join('\n')}\n`), 'rows.json': Buffer.from(array) },
      changed: ['rows.jsonl', 'rows.json'],
    };
  },
};

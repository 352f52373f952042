import { join } from 'node:path';
import { z } from 'zod';
import { countRows, readRows } from '../../activities/artifacts/rows.ts';
import { readSource } from '../../activities/dedupe/instruction-source.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { parseAdapterConfig } from '../../activities/model/adapter/adapter-config.ts';
import { countParameters, formatConfig, parseConfig } from '../../activities/model/folder/config.ts';
import { readConfig, readInitializerRange } from '../../activities/model/folder/folder.ts';
import { readJsonObject, toJson } from '../../activities/model/folder/json-file.ts';
import { readTensors } from '../../activities/model/folder/safetensors.ts';
import { readStopIds } from '../../activities/model/tokenizer/stop-ids.ts';
import { createTokenizer } from '../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../activities/model/tokenizer/tokenizer-files.ts';
import { serve } from '../../activities/process/child-service.ts';
import { peakMemoryBytes } from '../../activities/process/peak-memory.ts';
import { addSpecialTokens } from '../../activities/tokenize/special-tokens.ts';
import { readTemplate } from '../../activities/tokenize/template-file.ts';
import { readTokens } from '../../activities/tokenize/tokens.ts';
import { dataRowOrSeedTask, seedTask } from '../../workflows/contracts/data.ts';

/** The doors through which a user's files come in: each reads the folder that it is given, to the end. */
const DOORS = {
  async safetensors(folder: string) {
    for await (const { data } of readTensors(join(folder, 'model.safetensors'))) data.at(-1);
  },
  async config(folder: string) {
    const config = await readConfig(folder);
    countParameters(config);
    parseConfig(formatConfig(config, await readJsonObject(join(folder, 'config.json'))), 'written');
    await readInitializerRange(folder);
    await readStopIds(folder, { endOfTextId: 2 });
    parseAdapterConfig(await readJsonObject(join(folder, 'adapter_config.json')), 'adapter_config.json');
    await readTemplate(join(folder, 'prompt_template.json'));
  },
  async tokenizer(folder: string) {
    const { files } = addSpecialTokens(await readTokenizerFiles(folder), folder);
    const { encode, decode, specialTokens } = createTokenizer(files, folder);
    const text = `Write 12 words.\n\n  Über 한국어 \u{1F600} ${specialTokens.join(' ')}`;
    decode(encode(text, { addSpecialTokens: true, plain: [[0, 20]] }), { skipSpecialTokens: true });
    toJson(files.tokenizer);
  },
  async parquet(folder: string) {
    await readTokens(join(folder, 'tokens.parquet'), { heapMegabytes: 512, withinMs: 4000 });
  },
  async jsonl(folder: string) {
    for (const name of ['rows.jsonl', 'rows.json']) await readAsRows(join(folder, name));
  },
} as const;

export type Door = keyof typeof DOORS;

export interface Passing {
  /** `taken`, or the code of the error */
  outcome: string;
  peakBytes: number;
}

serve<{ door: Door; folder: string }, Passing>(async ({ door, folder }) => {
  let outcome = 'taken';
  try {
    await DOORS[door](folder);
  } catch (error) {
    outcome = mustBeCoded(error);
  }
  return { outcome, peakBytes: peakMemoryBytes() };
});

function mustBeCoded(error: unknown): string {
  if (error instanceof AlpacaError) return error.code;
  throw error;
}

async function readAsRows(path: string): Promise<void> {
  await countRows(path);
  const readings = [
    () => readRows(path, dataRowOrSeedTask),
    () => readRows(path, seedTask),
    () => readRows(path, z.unknown()),
    async () => {
      for await (const rows of readSource(path, { field: 'instruction', onBadRow() {} })) rows.at(-1);
    },
  ];
  for (const read of readings) await read().catch(mustBeCoded);
}

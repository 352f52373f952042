import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, weightFiles } from '../../activities/model/folder/folder.ts';
import { type ModelProcess, openModel } from '../../activities/model/model-process.ts';
import { readStopIds } from '../../activities/model/tokenizer/stop-ids.ts';
import { loadTokenizer, type Tokenizer } from '../../activities/model/tokenizer/tokenizer.ts';
import { prepareBaseModel } from '../../activities/tokenize/base-model.ts';
import type { PromptTemplate } from '../../activities/tokenize/templates.ts';

/** A model that answers: its weights in a process of their own, its tokenizer here. */
export interface ServedModel {
  /** as requests name it */
  readonly name: string;
  /** changes with the weights: OpenAI's system_fingerprint */
  readonly fingerprint: string;
  /** the most tokens of prompt and answer together */
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  /** ids that end an answer */
  readonly stopIds: readonly number[];
  /** what it was taught with, and so is asked with */
  readonly template: PromptTemplate;
  stream: ModelProcess['stream'];
}

/** A served model whose process can be ended. */
export type OpenedModel = ServedModel & { close(): Promise<void> };

/** Which weights a folder without any gets: those that training would start from under this seed. */
export interface OpenOptions {
  seed: number;
  /** ends the process */
  signal: AbortSignal;
}

/**
 * Opens a model folder under a name.
 *
 * @throws AlpacaError of reading the folder
 */
export async function openServedModel(
  name: string,
  source: string,
  { seed, signal }: OpenOptions,
): Promise<OpenedModel> {
  const { template, write } = await prepareBaseModel(source, seed);
  const built = write === null ? null : await mkdtemp(join(tmpdir(), 'alpaca-serve-'));
  const removeBuilt = async () => {
    if (built !== null) await rm(built, { recursive: true, force: true });
  };
  try {
    const folder = built === null ? source : join(built, 'model');
    if (write !== null) await write(folder);
    const tokenizer = await loadTokenizer(folder);
    const { maxPositions } = await readConfig(folder);
    const { stream, close } = await openModel(folder, { signal, report() {} });
    return {
      name,
      fingerprint: await fingerprintOf(folder),
      contextLength: maxPositions,
      tokenizer,
      stopIds: await readStopIds(folder, tokenizer),
      template,
      stream,
      close: async () => {
        await close();
        await removeBuilt();
      },
    };
  } catch (error) {
    await removeBuilt();
    throw error;
  }
}

/** Of the weight files' sizes and times of writing: reading gigabytes for a name would delay the start. */
async function fingerprintOf(folder: string): Promise<string> {
  const files = await Promise.all((await weightFiles(folder)).map((path) => stat(path)));
  const hash = createHash('sha256').update(JSON.stringify(files.map(({ size, mtimeMs }) => [size, mtimeMs])));
  return `alpaca_${hash.digest('hex').slice(0, 10)}`;
}

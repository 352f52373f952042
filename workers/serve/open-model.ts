import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { weightFiles } from '../../activities/model/folder/folder.ts';
import { type ModelProcess, openModel } from '../../activities/model/model-process.ts';
import { openPrepared, type TokenizerProcess } from '../../activities/tokenize/prepared-model.ts';

/** A model that answers: its weights in one process of their own, its tokenizer in another. */
export interface ServedModel {
  /** as requests name it */
  readonly name: string;
  /** changes with the weights: OpenAI's system_fingerprint */
  readonly fingerprint: string;
  /** the most tokens of prompt and answer together */
  readonly contextLength: number;
  readonly tokenizer: Pick<TokenizerProcess, 'prompts' | 'decode' | 'bytesOf'>;
  /** ids that end an answer */
  readonly stopIds: readonly number[];
  stream: ModelProcess['stream'];
}

/** A served model whose process can be ended. */
export type OpenedModel = ServedModel & {
  /** a chat model: it was taught conversations, by a chat template of its own */
  readonly hasOwnForm: boolean;
  close(): Promise<void>;
};

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
  const build = await mkdtemp(join(tmpdir(), 'alpaca-serve-'));
  const attempt = { signal, report() {} };
  const closing: (() => Promise<unknown>)[] = [() => rm(build, { recursive: true, force: true })];
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const prepared = await openPrepared(source, { seed, build }, attempt);
    closing.push(prepared.close);
    const { folder, tokenizer, maxPositions, stopIds, hasOwnForm } = prepared;
    const { stream, close } = await openModel(folder, attempt);
    closing.push(close);
    const fingerprint = await fingerprintOf(folder);
    return {
      ...{ name, fingerprint, contextLength: maxPositions },
      ...{ tokenizer, stopIds, stream, hasOwnForm },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Of the weight files' sizes and times of writing: reading gigabytes for a name would delay the start. */
async function fingerprintOf(folder: string): Promise<string> {
  const files = await Promise.all((await weightFiles(folder)).map((path) => stat(path)));
  const hash = createHash('sha256').update(JSON.stringify(files.map(({ size, mtimeMs }) => [size, mtimeMs])));
  return `alpaca_${hash.digest('hex').slice(0, 10)}`;
}

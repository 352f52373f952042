import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Penalties } from '../../../activities/model/sampling.ts';
import { openPrepared } from '../../../activities/tokenize/prepared-model.ts';
import type { OpenedModel, ServedModel } from '../open-model.ts';

/** A model as llama.cpp opens it: its GGUF file, and the folder of the same model, whose tokenizer makes the prompts. */
export interface GgufModel {
  /** as requests name it */
  name: string;
  gguf: string;
  folder: string;
}

/** Tokens of a prompt and its answer together, and answers at once: a hundred megabytes of keys and values. */
export const LOCAL_CONTEXT = 2048;
export const LOCAL_AT_ONCE = 4;

/**
 * Opens a model for the server with llama.cpp as what computes: several answers at once, in one context of its own each.
 *
 * @param module the path of node-llama-cpp
 * @throws AlpacaError of reading the folder
 */
export async function openLlamaCppModel(
  { name, gguf, folder }: GgufModel,
  module: string,
  signal: AbortSignal,
): Promise<OpenedModel> {
  const build = await mkdtemp(join(tmpdir(), 'alpaca-local-'));
  const prepared = await openPrepared(folder, { seed: 0, build }, { signal, report() {} });
  const library: Library = await import(pathToFileURL(module).href);
  const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: gguf });
  const context = await model.createContext({ contextSize: LOCAL_CONTEXT, sequences: LOCAL_AT_ONCE });
  const { tokenizer, stopIds, maxPositions } = prepared;
  return {
    ...{ name, tokenizer, stopIds },
    fingerprint: `llama_cpp_${name}`,
    contextLength: Math.min(LOCAL_CONTEXT, maxPositions),
    stream: streamOf(context),
    async close() {
      await context.dispose();
      await model.dispose();
      await prepared.close();
      await rm(build, { recursive: true, force: true });
    },
  };
}

function streamOf(context: Context): ServedModel['stream'] {
  const free = Array.from({ length: LOCAL_AT_ONCE }, () => context.getSequence());
  const waiting: ((sequence: Sequence) => void)[] = [];
  const giveBack = (sequence: Sequence) => {
    const next = waiting.shift();
    if (next) next(sequence);
    else free.push(sequence);
  };
  return async function* (prompt, { maxNewTokens, temperature, topP, topK, seed, stopIds, ...penalties }) {
    const sequence = free.pop() ?? (await new Promise<Sequence>((resolve) => waiting.push(resolve)));
    const answered: number[] = [];
    try {
      await sequence.clearHistory();
      const options = { temperature, topP, topK: topK ?? 0, seed, yieldEogToken: true };
      const repeatPenalty = penaltyOf(penalties, answered);
      for await (const id of sequence.evaluate([...prompt], { ...options, repeatPenalty })) {
        if (stopIds.includes(id)) return;
        answered.push(id);
        yield { id, logprobs: null };
        if (answered.length === maxNewTokens) return;
      }
    } finally {
      giveBack(sequence);
    }
  };
}

function penaltyOf(
  { presencePenalty = 0, frequencyPenalty = 0 }: Penalties,
  answered: number[],
): RepeatPenalty | false {
  if (presencePenalty === 0 && frequencyPenalty === 0) return false;
  const all = { punishTokens: () => answered, maxPunishTokens: LOCAL_CONTEXT, penalty: 1 };
  return { ...all, presencePenalty, frequencyPenalty };
}

/** What is used of the library. */
interface Library {
  getLlama(options: { gpu: false; build: 'never'; logLevel: 'error' }): Promise<{
    loadModel(options: { modelPath: string }): Promise<Model>;
  }>;
}
interface Model {
  createContext(options: { contextSize: number; sequences: number }): Promise<Context>;
  dispose(): Promise<void>;
}
interface Context {
  getSequence(): Sequence;
  dispose(): Promise<void>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(
    ids: number[],
    options: {
      temperature: number;
      topP: number;
      topK: number;
      seed: number;
      yieldEogToken: boolean;
      repeatPenalty: RepeatPenalty | false;
    },
  ): AsyncIterable<number>;
}
interface RepeatPenalty extends Required<Penalties> {
  penalty: number;
  punishTokens: () => number[];
  maxPunishTokens: number;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Penalties } from '../../../activities/model/sampling.ts';
import type { LocalModel } from '../../../activities/teacher/profile/local-profile.ts';
import { openPrepared } from '../../../activities/tokenize/prepared-model.ts';
import type { OpenedModel, ServedModel } from '../open-model.ts';

/** Tokens of a prompt and its answer together, and answers at once: a hundred megabytes of keys and values. */
const LOCAL_CONTEXT = 2048;
const LOCAL_AT_ONCE = 4;

/** Its threads wait for each other by going round: one processor is left to whoever asks. */
const THREADS = Math.max(1, availableParallelism() - 1);

/**
 * Opens a model for the server with llama.cpp as what computes: several answers at once, in one context of its own each.
 *
 * @throws AlpacaError of reading the folder
 */
export async function openLlamaCppModel(
  { name, gguf, folder, library: module }: LocalModel,
  signal: AbortSignal,
): Promise<OpenedModel> {
  const build = await mkdtemp(join(tmpdir(), 'alpaca-local-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(build, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const prepared = await openPrepared(folder, { seed: 0, build }, { signal, report() {} });
    closing.push(prepared.close);
    const library: Library = await import(pathToFileURL(module).href);
    const llama = await library.getLlama({
      gpu: false,
      build: 'never',
      logLevel: 'error',
      maxThreads: THREADS,
    });
    const model = await llama.loadModel({ modelPath: gguf });
    closing.push(() => model.dispose());
    const context = await model.createContext({ contextSize: LOCAL_CONTEXT, sequences: LOCAL_AT_ONCE });
    closing.push(() => context.dispose());
    const { tokenizer, stopIds, maxPositions, hasOwnForm } = prepared;
    return {
      ...{ name, tokenizer, stopIds, hasOwnForm, close },
      fingerprint: `llama_cpp_${name}`,
      contextLength: Math.min(LOCAL_CONTEXT, maxPositions),
      stream: streamOf(context),
    };
  } catch (error) {
    await close();
    throw error;
  }
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
  getLlama(options: { gpu: false; build: 'never'; logLevel: 'error'; maxThreads: number }): Promise<{
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

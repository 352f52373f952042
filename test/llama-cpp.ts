import { pathToFileURL } from 'node:url';
import { messageOf } from '../workers/setup/cache.mjs';
import { findLlamaCpp } from '../workers/setup/optional/llama-cpp.mjs';

/** A GGUF file that llama.cpp has open. */
export interface LlamaCppModel {
  /** what spells a special token is one */
  tokenize(text: string): number[];
  /** The likeliest tokens, one after the other; fewer where one of `stops` comes. */
  greedy(prompt: readonly number[], most: number, stops?: readonly number[]): Promise<number[]>;
  /** The mean of -ln p of each token after the first, given those before it. */
  loss(ids: readonly number[]): Promise<number>;
  /** tokenizer.chat_template, or the like, as the file has it */
  metadata(key: string): unknown;
  close(): Promise<void>;
}

/** Opens GGUF files; the reason where llama.cpp cannot be had: a test is skipped with it then. */
export async function llamaCpp(): Promise<((path: string) => Promise<LlamaCppModel>) | string> {
  try {
    const library: Library = await import(pathToFileURL((await findLlamaCpp()).path).href);
    const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: 2 });
    return (path) => open(llama, path);
  } catch (error) {
    return `needs node-llama-cpp: ${messageOf(error)}`;
  }
}

async function open(llama: Engine, modelPath: string): Promise<LlamaCppModel> {
  const model = await llama.loadModel({ modelPath });
  // Keys and values are kept in f16 by default, which turns near ties. Several threads wait for each other by going round: seconds a token, where others want the processors.
  const context = await model.createContext({
    ...{ contextSize: 512, batchSize: 512, threads: 1, flashAttention: false },
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence = context.getSequence();
  return {
    tokenize: (text) => model.tokenize(text, true),
    async greedy(prompt, most, stops = []) {
      await sequence.clearHistory();
      const ids: number[] = [];
      for await (const id of sequence.evaluate([...prompt], { temperature: 0, yieldEogToken: true })) {
        if (stops.includes(id)) break;
        ids.push(id);
        if (ids.length === most) break;
      }
      return ids;
    },
    async loss(ids) {
      await sequence.clearHistory();
      const options = { generateNext: { probabilities: true } };
      const found = await sequence.controlledEvaluate(ids.slice(0, -1).map((id) => [id, options]));
      const sum = found.reduce((total, step, i) => {
        const probability = step?.next.probabilities?.get(ids[i + 1] ?? -1) ?? 0;
        return total - Math.log(probability);
      }, 0);
      return sum / (ids.length - 1);
    },
    metadata: (key) => key.split('.').reduce<unknown>(inside, model.fileInfo.metadata),
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}

function inside(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

/** What is used of the library. */
interface Library {
  getLlama(options: { gpu: false; build: 'never'; logLevel: 'error'; maxThreads: number }): Promise<Engine>;
}
interface Engine {
  loadModel(options: { modelPath: string }): Promise<Model>;
}
interface Model {
  tokenize(text: string, specialTokens: boolean): number[];
  createContext(options: {
    contextSize: number;
    batchSize: number;
    threads: number;
    flashAttention: boolean;
    experimentalKvCacheKeyType: 'F32';
    experimentalKvCacheValueType: 'F32';
  }): Promise<Context>;
  fileInfo: { metadata: unknown };
  dispose(): Promise<void>;
}
interface Context {
  getSequence(): Sequence;
  dispose(): Promise<void>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(ids: number[], options: { temperature: number; yieldEogToken: boolean }): AsyncIterable<number>;
  controlledEvaluate(
    ids: [id: number, options: { generateNext: { probabilities: boolean } }][],
  ): Promise<({ next: { probabilities?: ReadonlyMap<number, number> } } | undefined)[]>;
}

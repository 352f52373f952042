import type { DataRow } from '../../workflows/contracts/data.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import type { Example } from '../model/example.ts';
import { ChildProcess } from '../process/child-process.ts';
import type { Asked } from './chat/asking.ts';
import type { ChatTrial, OpenedFolder, PreparedReply, PreparedRequest } from './prepared-model-child.ts';

/** A tokenizer that is asked in a process of its own: a user's expressions may go back and forth for ever. */
export interface TokenizerProcess {
  /** The ids of texts; `addSpecialTokens` as in Tokenizer. */
  encode(texts: readonly string[], options: { addSpecialTokens: boolean }): Promise<number[][]>;
  /** The ids of what the model is asked, each in the form that it was taught. */
  prompts(asked: readonly Asked[]): Promise<number[][]>;
  /** Rows in the form of a chat model's own; null for such as have none. */
  examplesInOwnForm(rows: readonly DataRow[]): Promise<(Example | null)[]>;
  /** The texts of ids, without special tokens. */
  decode(ids: readonly (readonly number[])[]): Promise<string[]>;
  /** The bytes that each token stands for by itself. */
  bytesOf(ids: readonly number[]): Promise<Uint8Array[]>;
}

/** A model folder as a base model is prepared, its files read in a process of its own. */
export interface PreparedModel extends OpenedFolder {
  tokenizer: TokenizerProcess;
  /** @throws AlpacaError InvalidInput where rows cannot be put into a chat template: there is none, or it will not do */
  tryChat(trial: ChatTrial): Promise<void>;
  /**
   * @param name what messages call the model
   * @throws AlpacaError InvalidInput where llama.cpp would not take what is trained of it
   */
  tryGguf(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface PrepareOptions {
  /** draws the weights of a folder that has none */
  seed: number;
  /** an empty folder to write to what must change; null: nothing is written, as for a look at the folder */
  build: string | null;
  /** how long opening may take, in milliseconds; weights are read and written in it */
  openWithinMs?: number;
  /** how long one call of the tokenizer may take, in milliseconds */
  answerWithinMs?: number;
}

const OPEN_WITHIN_MS = 30 * 60_000;
/** A megabyte of text takes two seconds. */
const ANSWER_WITHIN_MS = 2 * 60_000;
/** Of the process's own heap: the largest tokenizer that is read takes under one gigabyte. */
export const MOST_HEAP_MEGABYTES = 4096;

/**
 * Opens a model folder in a child process, with bounds of time and memory: what goes beyond them does so again
 * however often it is tried, and so is wrong input. With the attempt's signal opening and encoding end; what a model
 * has answered by then is decoded still.
 *
 * @throws AlpacaError InvalidInput where the folder cannot be used, or reading it takes too long or too much memory;
 *   NotFound
 */
export async function openPrepared(
  path: string,
  { seed, build, openWithinMs = OPEN_WITHIN_MS, answerWithinMs = ANSWER_WITHIN_MS }: PrepareOptions,
  attempt: Attempt,
): Promise<PreparedModel> {
  attempt.signal.throwIfAborted();
  const lifetime = new AbortController();
  /** openings and encodings under way */
  let interruptible = 0;
  const stop = () => {
    if (interruptible > 0) lifetime.abort(attempt.signal.reason);
  };
  const child = new ChildProcess<PreparedRequest, PreparedReply>(
    new URL('./prepared-model-child.ts', import.meta.url),
    { signal: lifetime.signal, report() {} },
    async () => {},
    {
      name: 'tokenizer',
      limits: {
        heapMegabytes: MOST_HEAP_MEGABYTES,
        exceeded: (how) => endless(`The tokenizer in ${path} cannot be used: it ${how}`),
      },
    },
  );
  attempt.signal.addEventListener('abort', stop);
  const close = async () => {
    attempt.signal.removeEventListener('abort', stop);
    await child.close();
  };
  const ask = async <Kind extends PreparedReply['kind']>(
    request: PreparedRequest & { kind: Kind },
    withinMs: number,
  ) => {
    const interrupts = request.kind === 'decode' || request.kind === 'bytes' ? 0 : 1;
    if (interrupts > 0) attempt.signal.throwIfAborted();
    interruptible += interrupts;
    const reply = await child.ask(request, withinMs).finally(() => {
      interruptible -= interrupts;
    });
    if (isOf(reply, request.kind)) return reply;
    throw new TypeError(`the tokenizer process answered with ${reply.kind}`);
  };
  try {
    const { opened } = await ask({ kind: 'open', path, seed, build }, openWithinMs);
    return {
      ...opened,
      tokenizer: {
        encode: async (texts, { addSpecialTokens }) =>
          (await ask({ kind: 'encode', texts, addSpecialTokens }, answerWithinMs)).ids,
        prompts: async (asked) => (await ask({ kind: 'prompts', asked }, answerWithinMs)).ids,
        examplesInOwnForm: async (rows) => (await ask({ kind: 'examples', rows }, answerWithinMs)).examples,
        decode: async (ids) => (await ask({ kind: 'decode', ids }, answerWithinMs)).texts,
        bytesOf: async (ids) => (await ask({ kind: 'bytes', ids }, answerWithinMs)).bytes,
      },
      tryChat: async (trial) => void (await ask({ kind: 'chat', trial }, answerWithinMs)),
      tryGguf: async (name) => void (await ask({ kind: 'gguf', name }, answerWithinMs)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The error of a model or of data that took more time or memory than any that can be meant. */
export function endless(what: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${what}.`, {
    remedy: 'Check the expressions in its tokenizer.json and the longest texts, or use another base model.',
  });
}

function isOf<Kind extends PreparedReply['kind']>(
  reply: PreparedReply,
  kind: Kind,
): reply is Extract<PreparedReply, { kind: Kind }> {
  return reply.kind === kind;
}

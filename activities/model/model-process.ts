import type { Attempt } from '../attempt.ts';
import { ChildProcess } from '../process/child-process.ts';
import type { DecodedToken } from './decode.ts';
import type { Example, LossSum } from './example.ts';
import type { CompletionOptions, ModelReply, ModelRequest, TrainedWeights } from './model-requests.ts';
import { TokenStreams } from './token-streams.ts';

/** A model in a child process of its own. */
export interface ModelProcess {
  /** The loss of each row. */
  losses(rows: readonly Example[]): Promise<LossSum[]>;
  /** Continues prompts of token ids: the new ids of each, ending before a stop id. */
  complete(prompts: readonly (readonly number[])[], options: CompletionOptions): Promise<number[][]>;
  /**
   * The same for one prompt, a token at a time; prompts that are streamed together take turns. Leaving the
   * loop ends it. Draws depend on the prompt's own seed alone.
   *
   * @param options with `topLogprobs` each token's log-probability comes along, and those of so many of the likeliest
   */
  stream(
    prompt: readonly number[],
    options: CompletionOptions & { topLogprobs?: number | null },
  ): AsyncIterable<DecodedToken>;
  /** Ends the process. */
  close(): Promise<void>;
}

export interface OpenModelOptions {
  /** what a training has changed of the folder's weights */
  trained?: TrainedWeights;
  /** a PEFT folder with an adapter of the model */
  adapterPath?: string;
  precision?: 'f32' | 'bf16';
  /** how long what was asked may go on once the attempt is to end; by itself it is ended at once */
  answerWithinMs?: number;
}

/**
 * Starts a child process and loads a Hugging Face model folder in it. The process ends with the attempt's
 * signal.
 *
 * @throws AlpacaError of reading the folder; Configuration where TensorFlow does not load
 */
export async function openModel(
  modelPath: string,
  attempt: Attempt,
  { trained, adapterPath, precision = 'f32', answerWithinMs = 0 }: OpenModelOptions = {},
): Promise<ModelProcess> {
  const child = new ChildProcess<ModelRequest, ModelReply>(
    new URL('./model-child.ts', import.meta.url),
    attempt,
    async () => {},
    { stopWithinMs: answerWithinMs },
  );
  try {
    await child.ask({
      kind: 'open',
      modelPath,
      trained: trained ?? null,
      adapterPath: adapterPath ?? null,
      precision,
    });
  } catch (error) {
    await child.close();
    throw error;
  }
  const streams = new TokenStreams(async (step) => {
    const reply = await child.ask({ kind: 'step', step });
    if (reply.kind !== 'step') throw unexpected(reply.kind);
    return reply.result;
  });
  return {
    losses: async (rows) => {
      // Only what a loss needs travels: rows may carry more.
      const examples = rows.map(({ inputIds, labels, row }) => ({
        ...{ inputIds, labels },
        ...(row !== undefined && { row }),
      }));
      const reply = await child.ask({ kind: 'losses', examples });
      if (reply.kind !== 'losses') throw unexpected(reply.kind);
      return reply.losses;
    },
    complete: async (prompts, options) => {
      const reply = await child.ask({ kind: 'complete', prompts, options });
      if (reply.kind !== 'complete') throw unexpected(reply.kind);
      return reply.completions;
    },
    stream: (prompt, { topK = null, ...options }) => streams.read(prompt, { ...options, topK }),
    close: () => child.close(),
  };
}

function unexpected(kind: string): TypeError {
  return new TypeError(`the model process answered with ${kind}`);
}

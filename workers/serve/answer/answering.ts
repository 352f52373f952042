import { randomInt } from 'node:crypto';
import type { Refusal, Usage } from '../../openai-answers.ts';
import type { ServedModel } from '../open-model.ts';
import type { ModelQuestion } from '../request/protocol.ts';
import { fittingPrompt } from './fitting-prompt.ts';
import { TextStream } from './text-stream.ts';
import { recordOf, type TokenRecord } from './token-logprobs.ts';

/** A piece of one choice's text; the last of a choice says why it ended. */
export interface TextPiece {
  choice: number;
  text: string;
  /** `stop`: end of text or a stop sequence; `length`: the token limit or the end of the context */
  finishReason: 'stop' | 'length' | null;
  /** the tokens whose text begins in this piece; null where log-probabilities were not asked for */
  tokens: TokenRecord[] | null;
}

/** The choices of one request, as their tokens come; `usage` counts along. */
export interface AnswerStream {
  readonly usage: Usage;
  /** of a conversation, messages that the model is not shown */
  readonly droppedMessages: number;
  pieces: AsyncIterable<TextPiece>;
}

/** Tokenizes the prompts and begins; refuses a prompt that leaves no room for an answer. */
export async function answer(
  question: ModelQuestion,
  model: ServedModel,
): Promise<AnswerStream | { refused: Refusal }> {
  const prompts: number[][] = [];
  let droppedMessages = 0;
  for (const prompt of question.prompts) {
    const fitting = await fittingPrompt(prompt, question, model);
    if ('refused' in fitting) return fitting;
    prompts.push(fitting.ids);
    droppedMessages += fitting.droppedMessages;
  }
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  const usage = { prompt_tokens: promptTokens, completion_tokens: 0, total_tokens: promptTokens };
  return { usage, droppedMessages, pieces: decodeAll(question, prompts, model, usage) };
}

/** One choice after the other, all of a prompt before those of the next: a stream's reader gets them in order. */
async function* decodeAll(
  question: ModelQuestion,
  prompts: readonly number[][],
  model: ServedModel,
  usage: Usage,
): AsyncGenerator<TextPiece> {
  const seed = question.seed === null ? randomInt(2 ** 32) : question.seed >>> 0;
  const choices = prompts.flatMap((ids) => Array.from({ length: question.answersEach }, () => ids));
  for (const [choice, ids] of choices.entries())
    yield* decodeOne(choice, ids, { ...question, seed: (seed + choice) >>> 0 }, model, usage);
}

async function* decodeOne(
  choice: number,
  prompt: readonly number[],
  { maxNewTokens, stop, decoding, seed }: ModelQuestion & { seed: number },
  model: ServedModel,
  usage: Usage,
): AsyncGenerator<TextPiece> {
  const { tokenizer, stopIds } = model;
  const decode = async (ids: readonly number[]) => (await tokenizer.decode([ids]))[0] ?? '';
  const text = new TextStream(decode, stop);
  const room = Math.min(maxNewTokens, model.contextLength - prompt.length);
  const records: TokenRecord[] = [];
  let told = 0;
  const toTell = () => {
    if (decoding.topLogprobs === null) return null;
    const fresh = records.slice(told, text.tokensShown);
    told += fresh.length;
    return fresh;
  };
  let tokens = 0;
  for await (const token of model.stream(prompt, { ...decoding, maxNewTokens: room, seed, stopIds })) {
    tokens += 1;
    usage.completion_tokens += 1;
    usage.total_tokens += 1;
    const record = await recordOf(token, records.at(-1), tokenizer);
    if (record !== null) records.push(record);
    const piece = await text.push(token.id);
    if (piece !== '') yield { choice, text: piece, finishReason: null, tokens: toTell() };
    if (text.stopped) break;
  }
  const finishReason = !text.stopped && tokens === room ? 'length' : 'stop';
  yield { choice, text: await text.end(), finishReason, tokens: toTell() };
}

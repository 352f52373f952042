import { randomInt } from 'node:crypto';
import { AlpacaError } from '../../activities/errors.ts';
import type { Asked } from '../../activities/tokenize/chat/asking.ts';
import type { Refusal, Usage } from '../openai-answers.ts';
import { withoutPaths } from '../without-paths.ts';
import type { ServedModel } from './open-model.ts';
import type { ModelQuestion } from './protocol.ts';
import { promptTooLong, wrongField } from './refusals.ts';
import { TextStream } from './text-stream.ts';

/** A piece of one choice's text; the last of a choice says why it ended. */
export interface TextPiece {
  choice: number;
  text: string;
  /** `stop`: end of text or a stop sequence; `length`: the token limit or the end of the context */
  finishReason: 'stop' | 'length' | null;
}

/** The choices of one request, as their tokens come; `usage` counts along. */
export interface AnswerStream {
  readonly usage: Usage;
  pieces: AsyncIterable<TextPiece>;
}

/** Tokenizes the prompts and begins; refuses a prompt that leaves no room for an answer. */
export async function answer(
  question: ModelQuestion,
  model: ServedModel,
): Promise<AnswerStream | { refused: Refusal }> {
  const prompts: number[][] = [];
  for (const prompt of question.prompts) {
    const ids = await promptIds(prompt, model);
    if ('refused' in ids) return ids;
    if (ids.length === 0 || prompt === '') return { refused: wrongField('prompt', 'it is empty') };
    if (ids.length >= model.contextLength) return { refused: promptTooLong(model.contextLength, ids.length) };
    prompts.push(ids);
  }
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  const usage = { prompt_tokens: promptTokens, completion_tokens: 0, total_tokens: promptTokens };
  return { usage, pieces: decodeAll(question, prompts, model, usage) };
}

/** A conversation that the model's chat template does not take is the client's to change. */
async function promptIds(asked: Asked, model: ServedModel): Promise<number[] | { refused: Refusal }> {
  try {
    const [ids = []] = await model.tokenizer.prompts([asked]);
    return ids;
  } catch (error) {
    if (typeof asked === 'string' || !(error instanceof AlpacaError) || error.code !== 'InvalidInput')
      throw error;
    return { refused: wrongField('messages', withoutPaths(error.message)) };
  }
}

/** One choice after the other: a stream's reader gets them in order. */
async function* decodeAll(
  question: ModelQuestion,
  prompts: readonly number[][],
  model: ServedModel,
  usage: Usage,
): AsyncGenerator<TextPiece> {
  const seed = question.seed === null ? randomInt(2 ** 32) : question.seed >>> 0;
  for (const [choice, ids] of prompts.entries())
    yield* decodeOne(choice, ids, { ...question, seed: (seed + choice) >>> 0 }, model, usage);
}

async function* decodeOne(
  choice: number,
  prompt: readonly number[],
  question: ModelQuestion & { seed: number },
  model: ServedModel,
  usage: Usage,
): AsyncGenerator<TextPiece> {
  const { tokenizer, stopIds } = model;
  const decode = async (ids: readonly number[]) => (await tokenizer.decode([ids]))[0] ?? '';
  const text = new TextStream(decode, question.stop);
  const room = Math.min(question.maxNewTokens, model.contextLength - prompt.length);
  const { temperature, topP, topK, seed } = question;
  let tokens = 0;
  for await (const id of model.stream(prompt, {
    maxNewTokens: room,
    temperature,
    topP,
    topK,
    seed,
    stopIds,
  })) {
    tokens += 1;
    usage.completion_tokens += 1;
    usage.total_tokens += 1;
    const piece = await text.push(id);
    if (piece !== '') yield { choice, text: piece, finishReason: null };
    if (text.stopped) break;
  }
  const finishReason = !text.stopped && tokens === room ? 'length' : 'stop';
  yield { choice, text: await text.end(), finishReason };
}

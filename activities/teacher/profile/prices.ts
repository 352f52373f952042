import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';

/** Dollars per million tokens. */
export const price = z.strictObject({
  inputUsdPerMillion: z.number().min(0),
  outputUsdPerMillion: z.number().min(0),
  /** of prompt tokens that the provider found in its cache; absent: as others */
  cachedInputUsdPerMillion: z.number().min(0).optional(),
  /** of tokens of sound, which models that speak may use; absent: as others */
  audioInputUsdPerMillion: z.number().min(0).optional(),
  audioOutputUsdPerMillion: z.number().min(0).optional(),
});
export type Price = z.infer<typeof price>;

export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
  /** those of the prompt that came from the provider's cache, and those of sound; absent where it states none */
  cachedTokens?: number | undefined;
  audioPromptTokens?: number | undefined;
  audioCompletionTokens?: number | undefined;
}

export function costUsd(
  {
    promptTokens,
    completionTokens,
    cachedTokens = 0,
    audioPromptTokens = 0,
    audioCompletionTokens = 0,
  }: TokenUsage,
  { inputUsdPerMillion: input, outputUsdPerMillion: output, ...apart }: Price,
): number {
  const millionths =
    (promptTokens - cachedTokens - audioPromptTokens) * input +
    cachedTokens * (apart.cachedInputUsdPerMillion ?? input) +
    audioPromptTokens * (apart.audioInputUsdPerMillion ?? input) +
    (completionTokens - audioCompletionTokens) * output +
    audioCompletionTokens * (apart.audioOutputUsdPerMillion ?? output);
  return millionths / 1e6;
}

export function isFree(price: Price): boolean {
  return Object.values(price).every((usd) => usd === 0);
}

/** What one asking can cost at the most: every token that the prompt can be, and every token allowed. */
export function worstCaseUsd(prompt: string, maxTokens: number, price: Price): number {
  return costUsd({ promptTokens: mostTokens(prompt), completionTokens: maxTokens }, price);
}

/** Tokens that a chat format puts around one message, at the most (OpenAI's formats use 7). */
const CHAT_FORMAT_TOKENS = 16;

/**
 * An upper bound of a prompt's tokens: a byte-level tokenizer makes no token of less than one UTF-8 byte.
 * Four times the usual number in English, but a prompt is the cheap part of an asking.
 */
export function mostTokens(prompt: string): number {
  return Buffer.byteLength(prompt) + CHAT_FORMAT_TOKENS;
}

/** Characters of a word that one token joins at the most, as far as there are words. */
const CHARACTERS_A_TOKEN = 16;

/**
 * A lower bound of a text's tokens: the tokenizers of today's models (GPT's, Llama's, Qwen's, Gemma's) divide a text at
 * white space before they look into their vocabulary, so none joins two words, and none has tokens of more than 16
 * letters to speak of. Of English it is three quarters of the tokens, of Korean and of code a third to a half.
 */
export function leastTokens(text: string): number {
  let tokens = 0;
  for (const word of text.split(/\s+/)) tokens += Math.ceil(word.length / CHARACTERS_A_TOKEN);
  return tokens;
}

/**
 * A prompt's likely tokens: four ASCII characters a token (OpenAI's rule of thumb for English), and one
 * token for each other character (a Hangul syllable is one to two in today's vocabularies).
 */
export function likelyTokens(text: string): number {
  let others = 0;
  for (const character of text) if (character > '\x7f') others += 1;
  return Math.ceil((text.length - others) / 4 + others);
}

/** Reads `IN,OUT`, as in `--price` and the variables that state a profile's price. */
export function parsePrice(text: string, where: string): Price {
  const match = /^\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!match) {
    throw new AlpacaError('Configuration', `${where} is "${text}", which is no price.`, {
      remedy: 'Give dollars per million input and output tokens with a comma between, such as 0.5,1.5.',
    });
  }
  return { inputUsdPerMillion: Number(match[1]), outputUsdPerMillion: Number(match[2]) };
}

/** Reads the price of what has input only: dollars per million tokens. */
export function parseInputPrice(text: string, where: string): number {
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return Number(text);
  throw new AlpacaError('Configuration', `${where} is "${text}", which is no price.`, {
    remedy: 'Give dollars per million tokens, such as 0.02.',
  });
}

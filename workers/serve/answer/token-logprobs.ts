import type { DecodedToken } from '../../../activities/model/decode.ts';
import type { ServedModel } from '../open-model.ts';

interface SpelledToken {
  /** its bytes as text: U+FFFD where it is a part of a character */
  text: string;
  bytes: number[];
  logprob: number;
}

/** A token of an answer with how likely it was, and the likeliest in its place. */
export interface TokenRecord extends SpelledToken {
  /** where it begins in its answer's tokens put together, in UTF-16 units */
  offset: number;
  top: SpelledToken[];
}

const LOSSY = new TextDecoder('utf-8', { ignoreBOM: true });

/** What an answer says of the token after `before`; null where log-probabilities were not asked for. */
export async function recordOf(
  { id, logprobs }: DecodedToken,
  before: TokenRecord | undefined,
  tokenizer: Pick<ServedModel['tokenizer'], 'bytesOf'>,
): Promise<TokenRecord | null> {
  if (logprobs === null) return null;
  const found = [{ id, logprob: logprobs.logprob }, ...logprobs.top];
  const spelled = (await tokenizer.bytesOf(found.map((token) => token.id))).map((bytes, i) => ({
    text: LOSSY.decode(bytes),
    bytes: [...bytes],
    logprob: found[i]?.logprob ?? 0,
  }));
  const [token = { text: '', bytes: [], logprob: 0 }, ...top] = spelled;
  return { ...token, offset: before === undefined ? 0 : before.offset + before.text.length, top };
}

/** `logprobs` of a chat's choice. */
export function chatLogprobs(tokens: readonly TokenRecord[]): object {
  const body = ({ text, bytes, logprob }: SpelledToken) => ({ token: text, bytes, logprob });
  return {
    content: tokens.map((token) => ({ ...body(token), top_logprobs: token.top.map(body) })),
    refusal: null,
  };
}

/** `logprobs` of a continued text's choice. */
export function textLogprobs(tokens: readonly TokenRecord[]): object {
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(likeliestByText),
    text_offset: tokens.map(({ offset }) => offset),
  };
}

/** The likeliest in a token's place and the token itself; of those that are spelled alike, as parts of characters, the likeliest. */
function likeliestByText(token: TokenRecord): Record<string, number> {
  const rising = [token, ...token.top].sort((a, b) => a.logprob - b.logprob);
  return Object.fromEntries(rising.map(({ text, logprob }) => [text, logprob]));
}

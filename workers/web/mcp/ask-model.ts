import OpenAI, { APIConnectionError, APIError } from 'openai';
import { AlpacaError } from '../../../activities/errors.ts';
import type { ChatPlace } from './tools.ts';

interface Question {
  model: string;
  question: string;
  maxTokens: number;
  temperature: number;
}

const ANSWER_WITHIN_MS = 50_000;

/**
 * Asks a model that a server of models has.
 *
 * @throws AlpacaError Configuration where no server of models answers; NotFound where it has none of that name
 */
export async function answerOf(
  { url, token }: ChatPlace,
  { model, question, maxTokens, temperature }: Question,
): Promise<{ answer: string; finishReason: string }> {
  if (url === null)
    throw new AlpacaError('Configuration', 'No server of models is known here.', {
      remedy: 'Start the environment with `npm run up`, or set ALPACA_CHAT_URL.',
    });
  const client = new OpenAI({
    ...{ baseURL: `${url}/v1`, apiKey: token ?? 'none', maxRetries: 0, timeout: ANSWER_WITHIN_MS },
  });
  try {
    const { choices } = await client.chat.completions.create({
      ...{ model, max_tokens: maxTokens, temperature, messages: [{ role: 'user', content: question }] },
    });
    const [choice] = choices;
    return { answer: choice?.message.content ?? '', finishReason: choice?.finish_reason ?? 'stop' };
  } catch (error) {
    throw asOurs(error, url);
  }
}

function asOurs(error: unknown, url: string): unknown {
  if (error instanceof APIConnectionError)
    return new AlpacaError('Configuration', `The server of models at ${url} does not answer.`, {
      remedy: 'A GPU worker serves them while the environment is up: see `npx alpaca workers`.',
      cause: error,
    });
  if (!(error instanceof APIError) || error.status === undefined) return error;
  const code = error.status === 404 ? 'NotFound' : error.status === 401 ? 'Permission' : 'InvalidInput';
  return new AlpacaError(code, `The server of models says: ${error.message}`, { cause: error });
}

import type { TeacherRequest } from '../client.ts';

/**
 * The most tokens that requests sent together can use: a token a byte of their prompts, and every answer's
 * whole limit. OpenAI, too, counts a request's token limit when it arrives.
 */
export function mostTokens(...requests: readonly TeacherRequest[]): number {
  return requests.reduce((total, request) => total + promptBytes(request) + request.maxTokens, 0);
}

/** What a chat endpoint adds to each message for its role and marks. */
const TOKENS_A_MESSAGE = 8;

function promptBytes(request: TeacherRequest): number {
  if (request.style === 'completions') return Buffer.byteLength(request.prompt);
  return request.messages.reduce(
    (total, { content }) => total + Buffer.byteLength(content) + TOKENS_A_MESSAGE,
    0,
  );
}

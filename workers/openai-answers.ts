/** What the servers that speak OpenAI's API both answer with: the model server and the offline teacher. */

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** An answer that is an error. */
export interface Refusal {
  status: number;
  headers?: Record<string, string>;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

export function refusal(
  status: number,
  message: string,
  { type = 'invalid_request_error', param = null, code = null }: Partial<Refusal['body']['error']> = {},
): Refusal {
  return { status, body: { error: { message, type, param, code } } };
}

import { type Refusal, refusal } from '../openai-answers.ts';

export function unknownModel(name: string, known: readonly string[]): Refusal {
  return refusal(404, `There is no model ${name} here; there is ${known.join(', ')}.`, {
    param: 'model',
    code: 'model_not_found',
  });
}

/** A client that lists the models finds it there once its run has ended. */
export function inTraining(name: string): Refusal {
  return refusal(404, `${name} is still training: it can be asked once its run has ended.`, {
    param: 'model',
    code: 'model_not_found',
  });
}

export function wrongField(path: string, message: string): Refusal {
  return refusal(400, `${path}: ${message}`, { param: path, code: 'invalid_value' });
}

/** @param mayBeCut it has earlier turns, and the client has not asked for them to give way */
export function promptTooLong(limit: number, prompt: number, mayBeCut: boolean): Refusal {
  const remedy = mayBeCut
    ? 'Shorten it, or send truncation: "auto" to leave out its earliest turns.'
    : 'Shorten it.';
  return refusal(
    400,
    `This model's context is ${limit} tokens, and the prompt alone has ${prompt}. ${remedy}`,
    { code: 'context_length_exceeded' },
  );
}

export function busy(waiting: number): Refusal {
  return {
    ...refusal(429, `${waiting} requests are waiting already. Ask again later.`, {
      code: 'busy',
      type: 'busy',
    }),
    headers: { 'retry-after': '2' },
  };
}

export function unreachable(message: string): Refusal {
  return { ...refusal(503, message, { type: 'server_error' }), headers: { 'retry-after': '5' } };
}

import type { Usage } from '../openai-answers.ts';
import type { TextPiece } from './answering.ts';
import type { ServedModel } from './open-model.ts';
import type { ModelQuestion } from './protocol.ts';

/** What every body of one answer has in common. */
export interface Envelope {
  kind: ModelQuestion['kind'];
  id: string;
  /** seconds since 1970 */
  created: number;
  model: Pick<ServedModel, 'name' | 'fingerprint'>;
}

export interface AnswerChoice {
  text: string;
  finishReason: TextPiece['finishReason'];
}

/** A whole answer, not streamed. */
export function answerBody(envelope: Envelope, choices: readonly AnswerChoice[], usage: Usage): object {
  const chat = envelope.kind === 'chat';
  return {
    ...fields(envelope, chat ? 'chat.completion' : 'text_completion'),
    choices: choices.map(({ text, finishReason }, index) => ({
      index,
      ...(chat ? { message: { role: 'assistant', content: text, refusal: null } } : { text }),
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage,
  };
}

/** One event of a stream; the first of a choice names the role, as OpenAI's does. */
export function pieceBody(
  envelope: Envelope,
  { choice, text, finishReason }: TextPiece,
  first: boolean,
): object {
  const delta = { ...(first ? { role: 'assistant' } : {}), ...(text === '' ? {} : { content: text }) };
  return {
    ...fields(envelope, envelope.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'),
    choices: [
      {
        index: choice,
        ...(envelope.kind === 'chat' ? { delta } : { text }),
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
  };
}

/** The event without choices that ends a stream with `stream_options.include_usage`. */
export function usageBody(envelope: Envelope, usage: Usage): object {
  const object = envelope.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion';
  return { ...fields(envelope, object), choices: [], usage };
}

function fields({ id, created, model }: Envelope, object: string): object {
  return { id, object, created, model: model.name, system_fingerprint: model.fingerprint };
}

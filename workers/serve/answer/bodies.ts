import type { Usage } from '../../openai-answers.ts';
import type { ServedModel } from '../open-model.ts';
import type { ModelQuestion } from '../request/protocol.ts';
import type { TextPiece } from './answering.ts';
import { chatLogprobs, type TokenRecord, textLogprobs } from './token-logprobs.ts';

/** What every body of one answer has in common. */
export interface Envelope {
  kind: ModelQuestion['kind'];
  id: string;
  /** seconds since 1970 */
  created: number;
  model: Pick<ServedModel, 'name' | 'fingerprint'>;
  /** earliest messages that the model was not shown, since the conversation is longer than its context */
  droppedMessages: number;
}

export type AnswerChoice = Omit<TextPiece, 'choice'>;

/** A whole answer, not streamed. */
export function answerBody(envelope: Envelope, choices: readonly AnswerChoice[], usage: Usage): object {
  const chat = envelope.kind === 'chat';
  return {
    ...fields(envelope, chat ? 'chat.completion' : 'text_completion'),
    choices: choices.map(({ text, finishReason, tokens }, index) => ({
      index,
      ...(chat ? { message: { role: 'assistant', content: text, refusal: null } } : { text }),
      logprobs: logprobsBody(envelope, tokens),
      finish_reason: finishReason,
    })),
    usage,
  };
}

/**
 * One event of a stream; the first of a choice names the role, as OpenAI's does. Where the usage comes at the end, the
 * events before say that it is not there yet.
 */
export function pieceBody(
  envelope: Envelope,
  { choice, text, finishReason, tokens }: TextPiece,
  { first, usageFollows }: { first: boolean; usageFollows: boolean },
): object {
  const delta = { ...(first ? { role: 'assistant' } : {}), ...(text === '' ? {} : { content: text }) };
  return {
    ...fields(envelope, envelope.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'),
    choices: [
      {
        index: choice,
        ...(envelope.kind === 'chat' ? { delta } : { text }),
        logprobs: logprobsBody(envelope, tokens),
        finish_reason: finishReason,
      },
    ],
    ...(usageFollows ? { usage: null } : {}),
  };
}

/** The event without choices that ends a stream with `stream_options.include_usage`. */
export function usageBody(envelope: Envelope, usage: Usage): object {
  const object = envelope.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion';
  return { ...fields(envelope, object), choices: [], usage };
}

function logprobsBody({ kind }: Envelope, tokens: readonly TokenRecord[] | null): object | null {
  if (tokens === null) return null;
  return kind === 'chat' ? chatLogprobs(tokens) : textLogprobs(tokens);
}

function fields({ id, created, model, droppedMessages }: Envelope, object: string): object {
  const dropped = droppedMessages === 0 ? {} : { dropped_messages: droppedMessages };
  return { id, object, created, model: model.name, system_fingerprint: model.fingerprint, ...dropped };
}

import type { FastifyReply } from 'fastify';
import { log } from '../../../activities/log.ts';
import type { AnswerStream, TextPiece } from './answering.ts';
import { type AnswerChoice, answerBody, type Envelope, pieceBody, usageBody } from './bodies.ts';
import type { EventStream } from './event-stream.ts';

/** Sends the whole answer once it is there. Where the client goes away decoding ends. */
export async function sendWhole(
  reply: FastifyReply,
  envelope: Envelope,
  { pieces, usage }: AnswerStream,
  gone: AbortSignal,
): Promise<void> {
  const choices: AnswerChoice[] = [];
  for await (const { choice, text, finishReason, tokens } of pieces) {
    if (gone.aborted) return;
    const before = choices[choice];
    choices[choice] = {
      text: (before?.text ?? '') + text,
      finishReason,
      tokens: tokens && [...(before?.tokens ?? []), ...tokens],
    };
  }
  await reply.send(answerBody(envelope, choices, usage));
}

/**
 * Sends server-sent events as tokens come. A failure in the middle becomes an event with `error`, since the
 * status is sent by then.
 */
export async function sendStream(
  events: EventStream,
  envelope: Envelope,
  { pieces, usage }: AnswerStream,
  withUsage: boolean,
  gone: AbortSignal,
): Promise<void> {
  try {
    let choice = -1;
    for await (const piece of pieces) {
      if (gone.aborted) return;
      const first = piece.choice !== choice;
      for (const event of eventsOf(piece, first))
        events.send(
          pieceBody(envelope, event, {
            first: first && event.finishReason === null,
            usageFollows: withUsage,
          }),
        );
      choice = piece.choice;
    }
    if (withUsage) events.send(usageBody(envelope, usage));
    events.end('[DONE]');
  } catch (error) {
    log.failure(error);
    events.send({
      error: { message: 'The model stopped answering.', type: 'server_error', param: null, code: null },
    });
    events.end();
  }
}

/** The end of a choice is an event of its own, with nothing else in it. */
function eventsOf(piece: TextPiece, first: boolean): TextPiece[] {
  const { choice, finishReason, tokens } = piece;
  const says = piece.text !== '' || first || (tokens !== null && tokens.length > 0);
  return [
    ...(says ? [{ ...piece, finishReason: null }] : []),
    ...(finishReason === null ? [] : [{ choice, text: '', finishReason, tokens: null }]),
  ];
}

import type { FastifyReply } from 'fastify';
import { log } from '../../activities/log.ts';
import type { AnswerStream, TextPiece } from './answering.ts';
import { type AnswerChoice, answerBody, type Envelope, pieceBody, usageBody } from './bodies.ts';

/** Sends the whole answer once it is there. Where the client goes away decoding ends. */
export async function sendWhole(
  reply: FastifyReply,
  envelope: Envelope,
  { pieces, usage }: AnswerStream,
  gone: AbortSignal,
): Promise<void> {
  const choices: AnswerChoice[] = [];
  for await (const piece of pieces) {
    if (gone.aborted) return;
    const choice = choices[piece.choice] ?? { text: '', finishReason: null };
    choices[piece.choice] = { text: choice.text + piece.text, finishReason: piece.finishReason };
  }
  await reply.send(answerBody(envelope, choices, usage));
}

/**
 * Sends server-sent events as tokens come. A failure in the middle becomes an event with `error`, since the
 * status is sent by then.
 */
export async function sendStream(
  reply: FastifyReply,
  envelope: Envelope,
  { pieces, usage }: AnswerStream,
  withUsage: boolean,
  gone: AbortSignal,
): Promise<void> {
  reply.hijack();
  const before = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
  reply.raw.writeHead(200, {
    ...Object.fromEntries(before),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  const send = (event: object) => reply.raw.write(`data: ${JSON.stringify(event)}\n\n`);
  try {
    let choice = -1;
    for await (const piece of pieces) {
      if (gone.aborted) return;
      sendPiece(send, envelope, piece, piece.choice !== choice);
      choice = piece.choice;
    }
    if (withUsage) send(usageBody(envelope, usage));
    reply.raw.end('data: [DONE]\n\n');
  } catch (error) {
    log.failure(error);
    send({
      error: { message: 'The model stopped answering.', type: 'server_error', param: null, code: null },
    });
    reply.raw.end();
  }
}

/** The end of a choice is an event of its own, with nothing else in it. */
function sendPiece(
  send: (event: object) => void,
  envelope: Envelope,
  piece: TextPiece,
  first: boolean,
): void {
  if (piece.text !== '' || first) send(pieceBody(envelope, { ...piece, finishReason: null }, first));
  if (piece.finishReason !== null) send(pieceBody(envelope, { ...piece, text: '' }, false));
}

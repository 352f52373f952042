import type { FastifyReply } from 'fastify';
import type { Completion } from '../../activities/teacher/offline/completion.ts';
import { piecesOf } from '../../activities/teacher/offline/tokens.ts';
import { type Question, streamedPiece, streamedUsage, type Usage } from './protocol.ts';
import type { TransportFault } from './transport-faults.ts';

/** Answers that Fastify would not send by itself: streams, and broken ones. */

/** Sends a body that breaks in its middle: with the connection cut, or whole but no JSON. */
export function sendBroken(
  reply: FastifyReply,
  body: Record<string, unknown>,
  fault: 'cutConnection' | 'malformedBody',
): void {
  const whole = Buffer.from(JSON.stringify(body));
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  const announced = fault === 'cutConnection' ? whole.length : half.length;
  const response = takeOver(reply, {
    'content-type': 'application/json',
    'content-length': String(announced),
  });
  response.write(half, () => (fault === 'cutConnection' ? response.destroy() : response.end()));
}

/** Sends server-sent events, as `stream: true` asks; a fault shows in the middle. */
export function sendStream(
  reply: FastifyReply,
  question: Question,
  id: string,
  created: number,
  completions: readonly Completion[],
  usage: Usage,
  fault: TransportFault | null,
): void {
  const events: unknown[] = [];
  for (const [index, { text, finishReason }] of completions.entries()) {
    for (const piece of piecesOf(text, TOKENS_AN_EVENT)) {
      events.push(streamedPiece(question.kind, id, created, index, piece, null));
    }
    events.push(streamedPiece(question.kind, id, created, index, '', finishReason));
  }
  if (question.streamUsage) events.push(streamedUsage(question.kind, id, created, usage));

  const response = takeOver(reply, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const breaksAt =
    fault === 'cutConnection' || fault === 'malformedBody' ? Math.ceil(events.length / 2) : events.length;
  for (const event of events.slice(0, breaksAt)) response.write(`data: ${JSON.stringify(event)}\n\n`);
  if (fault === 'cutConnection') response.write('data: {"id"', () => response.destroy());
  else response.end(fault === 'malformedBody' ? 'data: {"id"\n\n' : 'data: [DONE]\n\n');
}

const TOKENS_AN_EVENT = 8;

/** Takes the response from Fastify, with the headers that were set on it so far. */
function takeOver(reply: FastifyReply, headers: Record<string, string>): FastifyReply['raw'] {
  reply.hijack();
  const before = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
  return reply.raw.writeHead(200, { ...Object.fromEntries(before), ...headers });
}

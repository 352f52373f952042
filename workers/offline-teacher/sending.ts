import type { FastifyReply } from 'fastify';
import { type Answer, answerBody, streamedPiece, streamedUsage, type TeacherQuestion } from './protocol.ts';
import { piecesOf } from './tasks/tokens.ts';
import type { TransportFault } from './transport-faults.ts';

/** Sends an answer whole or as a stream, as it was asked for, with the fault it is to show. */
export function sendAnswer(
  reply: FastifyReply,
  { stream, streamUsage }: TeacherQuestion,
  answer: Answer,
  fault: TransportFault | null,
): void {
  if (stream) sendStream(reply, answer, streamUsage, fault);
  else if (fault === 'cutConnection' || fault === 'malformedBody') sendBroken(reply, answer, fault);
  else reply.send(answerBody(answer));
}

/** A body that breaks in its middle: the connection cut before its announced end, or whole but no JSON. */
function sendBroken(reply: FastifyReply, answer: Answer, fault: 'cutConnection' | 'malformedBody'): void {
  const whole = Buffer.from(JSON.stringify(answerBody(answer)));
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  const announced = fault === 'cutConnection' ? whole.length : half.length;
  const headers = { 'content-type': 'application/json', 'content-length': String(announced) };
  const response = takeOver(reply, headers);
  response.write(half, () => (fault === 'cutConnection' ? response.destroy() : response.end()));
}

/** Server-sent events; a fault shows in the middle. */
function sendStream(reply: FastifyReply, answer: Answer, usage: boolean, fault: TransportFault | null): void {
  const events = [...eventsOf(answer, usage)];
  const breaks = fault === 'cutConnection' || fault === 'malformedBody';
  const response = takeOver(reply, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const event of events.slice(0, breaks ? Math.ceil(events.length / 2) : events.length)) {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  if (fault === 'cutConnection') response.write('data: {"id"', () => response.destroy());
  else response.end(fault === 'malformedBody' ? 'data: {"id"\n\n' : 'data: [DONE]\n\n');
}

function* eventsOf(answer: Answer, usage: boolean): Generator<Record<string, unknown>> {
  for (const [index, { text, finishReason }] of answer.completions.entries()) {
    for (const piece of piecesOf(text, TOKENS_AN_EVENT)) yield streamedPiece(answer, index, piece, null);
    yield streamedPiece(answer, index, '', finishReason);
  }
  if (usage) yield streamedUsage(answer);
}

const TOKENS_AN_EVENT = 8;

/** Takes the response from Fastify, with the headers that were set on it so far. */
function takeOver(reply: FastifyReply, headers: Record<string, string>): FastifyReply['raw'] {
  reply.hijack();
  const before = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
  return reply.raw.writeHead(200, { ...Object.fromEntries(before), ...headers });
}

import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlpacaError } from '../../activities/errors.ts';
import { createBatchEndpoint } from '../../activities/generate/batch/endpoint.ts';
import { readResult, resultLine } from '../../activities/generate/batch/results.ts';
import { parseAnswer } from '../../activities/generate/parse/parse.ts';
import { parseStructured } from '../../activities/generate/parse/parse-structured.ts';
import { withoutThinking } from '../../activities/teacher/answer/thinking.ts';
import { createTeacherClient } from '../../activities/teacher/client.ts';
import { connect } from '../../activities/teacher/connection.ts';
import { createEmbeddingClient } from '../../activities/teacher/embeddings.ts';
import type { CompletionsRequest, TeacherRequest } from '../../activities/teacher/request-body.ts';
import fc from '../property.ts';
import { profileOf } from '../unit/activities/teacher/scripted-teacher.ts';
import { type HostileReply, hostileReply } from './hostile-replies.ts';

/** The door that a teacher's answers come in by: whatever is sent back, in every way of asking. */

const MOST_MS = 5000;
/** Of asking: on a machine that does other things too one may be late, and an answer that holds things up always is. */
const TRIES = 3;
const MOST_BYTES = 2 ** 30;
const LONGEST_WAIT_MS = 1_800_000;

const sampling = { model: 'm', temperature: 1, topP: 1, maxTokens: 100, stop: [] };
const chat: TeacherRequest = { style: 'chat', ...sampling, messages: [{ role: 'user', content: 'Go on.' }] };
const prompts: CompletionsRequest[] = ['one', 'two'].map((prompt) => ({
  ...{ style: 'completions', ...sampling, prompt, logitBias: {} },
}));

/** @returns how often each came of it: `answered`, or the code of the failure */
export async function fuzzTeacherAnswers(
  limit: { minutes: number } | { cases: number },
  seed: number,
): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  const endpoint = await startReplying();
  const ways = waysOf(endpoint.baseUrl);
  const until = 'minutes' in limit ? performance.now() + limit.minutes * 60_000 : Number.POSITIVE_INFINITY;
  const isOver = () => performance.now() > until;
  try {
    for (let round = 0; round === 0 || ('minutes' in limit && !isOver()); round += 1) {
      const property = fc.asyncProperty(
        fc.constantFrom(...Object.keys(ways)),
        hostileReply,
        async (way, reply) => {
          if (isOver()) return;
          const outcome = await outcomeOf(() => endpoint.answering(reply, () => ways[way]?.()));
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        },
      );
      const numRuns = 'cases' in limit ? limit.cases : 1000;
      await fc.assert(property, { seed: seed + round, numRuns, endOnFailure: true });
    }
  } finally {
    await endpoint.close();
  }
  return outcomes;
}

/** @throws AssertionError where it took too long each time, too much memory, or failed by what has no code */
async function outcomeOf(asking: () => Promise<unknown>): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    const startedAt = performance.now();
    const outcome = await answeredOrCode(asking);
    const ms = performance.now() - startedAt;
    assert.ok(process.memoryUsage.rss() < MOST_BYTES, `${process.memoryUsage.rss()} bytes of memory`);
    if (ms < MOST_MS) return outcome;
    assert.ok(tried < TRIES, `it took ${ms} ms, and too long each of ${TRIES} times`);
  }
}

async function answeredOrCode(asking: () => Promise<unknown>): Promise<string> {
  try {
    await asking();
    return 'answered';
  } catch (error) {
    assert.ok(
      error instanceof AlpacaError,
      `no coded failure: ${error instanceof Error ? error.stack : error}`,
    );
    assert.ok((error.retryAfterMs ?? 0) >= 0 && (error.retryAfterMs ?? 0) <= LONGEST_WAIT_MS);
    assert.ok(error.message.length < 2000, `a message of ${error.message.length} characters`);
    return error.code;
  }
}

/** Every way in which an endpoint is asked, and what is done with its answer. */
function waysOf(baseUrl: string): Record<string, () => Promise<unknown>> {
  const profile = {
    ...profileOf(baseUrl),
    ...{ timeoutMs: 2000, embeddingModel: 'e', embeddingUsdPerMillion: 1 },
    batch: { completionWindow: '24h', requestsPerJob: 10, pollSeconds: 1, priceFactor: 0.5 },
  };
  const client = createTeacherClient(profile, {});
  const embeddings = createEmbeddingClient(profile, {});
  const jobs = createBatchEndpoint(profile, connect(profile, {}));
  const { signal } = new AbortController();
  return {
    async chat() {
      const answer = await client.ask(chat);
      const { usage, model, finishReason } = answer;
      const text = withoutThinking(answer.text, profile.thinkingMarks);
      parseAnswer(text, { seedTasksPerPrompt: 3, cut: false, repeatsHeading: true, wrapsList: true });
      parseStructured(text);
      assert.ok(text.isWellFormed());
      assert.ok(usage === null || (usage.promptTokens <= 22 + 4096 && usage.completionTokens <= 131_072));
      assert.ok(model.length <= 256 && finishReason.length <= 256);
    },
    list: () => client.askList(prompts),
    embeddings: () => embeddings.embed(['one', 'two']),
    look: () => jobs.look('batch_1'),
    find: () => jobs.findJob('alpaca-x', null, 0),
    upload: () => jobs.upload('alpaca-x', linesOf('{}\n'), signal),
    async results() {
      for await (const line of jobs.lines('file-1', 100, signal)) {
        const checked = resultLine.safeParse(line);
        if (checked.success) readResult(checked.data, chat, 1, profile);
      }
    },
  };
}

async function* linesOf(line: string): AsyncGenerator<string> {
  yield line;
}

function send({ status, headers, body, cutAfter, raw }: HostileReply, response: ServerResponse): void {
  if (raw) {
    response.socket?.end(body);
    return;
  }
  response.writeHead(status, headers);
  if (cutAfter === null) response.end(body);
  else response.write(body.subarray(0, cutAfter), () => response.destroy());
}

async function startReplying() {
  let reply: HostileReply | null = null;
  const server = createServer((request, response) => {
    request.resume();
    request.on('error', () => {});
    request.on('end', () => {
      if (reply !== null) send(reply, response);
    });
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async answering<Answer>(hostile: HostileReply, ask: () => Answer): Promise<Awaited<Answer>> {
      reply = hostile;
      return await ask();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

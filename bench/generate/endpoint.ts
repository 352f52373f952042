import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { buildAnswers } from './answers.ts';
import { type AskingLog, openAskingLog } from './asking-log.ts';

/**
 * An OpenAI-compatible endpoint of legacy completions with a fixed latency, as a process of its own:
 *
 *   node bench/generate/endpoint.ts --port N --log FILE --answers N [--latency-ms 2000] [--seed 1]
 *
 * Every asking, whatever it asks, gets the next of the answers made beforehand, exactly `latency-ms` after
 * it arrived: no two askings are answered alike. Prints one JSON line when it listens.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    log: { type: 'string' },
    answers: { type: 'string', default: '1000' },
    'latency-ms': { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});

class Endpoint {
  readonly #bodies: readonly Buffer[];
  readonly #log: AskingLog;
  readonly #latencyMs: number;
  #asked = 0;
  #inFlight = 0;

  constructor(answers: readonly string[], log: AskingLog, latencyMs: number) {
    this.#bodies = answers.map(completionBody);
    this.#log = log;
    this.#latencyMs = latencyMs;
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    const arrived = performance.now();
    const answer = this.#asked;
    this.#asked += 1;
    this.#inFlight += 1;
    const { 'idempotency-key': key } = request.headers;
    this.#log.append({
      arrived: Date.now(),
      key: typeof key === 'string' ? key : '-',
      answer,
      inFlight: this.#inFlight,
    });
    request.resume();
    request.once('end', () => {
      const left = Math.max(0, this.#latencyMs - (performance.now() - arrived));
      setTimeout(() => this.#answer(response, answer), left);
    });
  }

  #answer(response: ServerResponse, answer: number): void {
    this.#inFlight -= 1;
    const body = this.#bodies[answer];
    // A client that has gone meanwhile is sent its answer all the same, and pays for it.
    if (body) response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    else response.writeHead(400, { 'content-type': 'application/json' }).end(USED_UP);
  }
}

const USED_UP = JSON.stringify({ error: { message: 'Every answer was given: start with more --answers.' } });

/** About how many characters of English a token is. */
const CHARACTERS_PER_TOKEN = 4;
/** The recipe's prompts are about this long, in tokens. */
const PROMPT_TOKENS = 500;

function completionBody(text: string, index: number): Buffer {
  const completionTokens = Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  return Buffer.from(
    JSON.stringify({
      id: `cmpl-${index}`,
      object: 'text_completion',
      created: 0,
      model: 'endpoint',
      choices: [{ index: 0, text, logprobs: null, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: PROMPT_TOKENS,
        completion_tokens: completionTokens,
        total_tokens: PROMPT_TOKENS + completionTokens,
      },
    }),
  );
}

const log = openAskingLog(values.log ?? '/dev/null');
const answers = buildAnswers(Number(values.answers), Number(values.seed));
const endpoint = new Endpoint(answers, log, Number(values['latency-ms']));
const server = createServer((request, response) => endpoint.receive(request, response));
// An idle connection that the server drops while the client sends on it would look like a lost answer.
server.keepAliveTimeout = 120_000;
server.listen(Number(values.port), '127.0.0.1', () => console.log(JSON.stringify({ listening: true })));

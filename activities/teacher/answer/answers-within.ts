import { secretless, secretlessAnswer, withoutSecrets } from '../../secrets.ts';
import { traceHeaders } from '../../tracing.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { whereSet } from '../profile/where-set.ts';
import { errorBody } from './error-body.ts';
import { malformed } from './failures.ts';
import { quoted } from './stated-error.ts';

/**
 * The door that everything an endpoint answers comes in by: no redirect is followed, no more is read than the answer
 * may have, counted as it is unpacked, and what is read has no key in it, whether the endpoint echoed it or not.
 */
export interface AnswerLimits {
  /** the most of an answer, decoded; what is longer is none */
  bytes: number;
  profile: TeacherProfile;
  observe(response: Response): void;
  /** true: read as a whole, and cleaned; false: a file, which is read as it comes */
  whole: boolean;
}

/** Of an error more is not read: its status says what it is, and 300 characters of it are shown. */
const ERROR_BYTES = 64 * 1024;

/** What stands around the text of an answer, the prompt that some endpoints repeat among it. */
const AROUND_BYTES = 256 * 1024;

/**
 * A token has four bytes as a rule, twelve as JSON escapes Hangul, and endpoints that show a model's reasoning send
 * it once or twice beside the answer: nothing honest comes near this.
 */
const BYTES_A_TOKEN = 64;

/** The most bytes of an answer of so many tokens: what the profile says, else by the tokens that were asked for. */
export function answerBytes({ maxAnswerBytes }: TeacherProfile, tokens: number): number {
  return maxAnswerBytes ?? AROUND_BYTES + BYTES_A_TOKEN * tokens;
}

/** A `fetch` for one kind of answers of an endpoint. What is too long, or no JSON, fails as it is read: TeacherMalformed. */
export function answersWithin({ bytes, profile, observe, whole }: AnswerLimits): typeof globalThis.fetch {
  return async (url, init) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(traceHeaders())) headers.set(name, value);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    observe(response);
    const { body, ok } = response;
    // Some servers have statuses of their own, which no Response can have.
    const head = { status: Math.min(response.status, 599), headers: cleanHeaders(response.headers) };
    if (body === null) return new Response(null, head);
    // Some servers call their JSON a plain text.
    if (whole && ok) head.headers.set('content-type', 'application/json');
    const read = (chunks: AsyncIterable<Uint8Array>) =>
      whole || !ok
        ? cleaned(chunks, ok ? profile : null)
        : (chunks as AsyncIterable<Uint8Array<ArrayBuffer>>);
    const counted = ok ? refuseBeyond(body, bytes, profile) : cutBeyond(body, ERROR_BYTES);
    return new Response(ReadableStream.from(read(counted)), head);
  };
}

/** Where a redirect leads, and other headers, are said in failures too. */
function cleanHeaders(headers: Headers): Headers {
  return new Headers([...headers].map(([name, value]) => [name, withoutSecrets(value)]));
}

async function* refuseBeyond(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
  profile: TeacherProfile,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.byteLength;
    if (read > bytes)
      throw malformed(
        profile,
        `its answer has more than ${bytes} bytes, which is more than the tokens asked for can be (${whereSet(profile, 'maxAnswerBytes')} allows more)`,
      );
    yield chunk;
  }
}

async function* cutBeyond(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}

/** The whole of it in one piece, without secrets; an error in the form that the client reads. @param jsonOf whose answer must be JSON; null for an error */
async function* cleaned(
  chunks: AsyncIterable<Uint8Array>,
  jsonOf: TeacherProfile | null,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  const text = new TextDecoder().decode(Buffer.concat(read));
  yield new TextEncoder().encode(cleanText(text, jsonOf));
}

/** Looked through as JSON where it is some: a key may stand in it with any of its letters escaped. */
function cleanText(text: string, jsonOf: TeacherProfile | null): string {
  let json: unknown;
  try {
    json = parseAsWritten(text);
  } catch {
    const clean = withoutSecrets(text).trim();
    if (jsonOf === null || clean === '') return clean;
    throw malformed(jsonOf, `its answer is no JSON: ${quoted(clean)}`);
  }
  return JSON.stringify(jsonOf === null ? errorBody(secretless(json)) : secretlessAnswer(json));
}

/** JSON as Python writes it: a count that is no number (NaN, Infinity) is null, and the answer beside it is read. */
function parseAsWritten(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(STRING_OR_NO_NUMBER, (found) => (found.startsWith('"') ? found : 'null')));
  }
}

const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

/** One line of the teacher's own log, by which tests count what it was really asked. */
export interface LoggedRequest {
  /** ISO 8601 */
  time: string;
  path: string;
  /** SHA-256 of the request's canonical JSON */
  request: string;
  /** the first 12 hexadecimal digits of the SHA-256 of each prompt */
  prompts: string[];
  /** how often the very same request was asked before; -1 where it was refused at the door */
  occurrence: number;
  status: number;
  /** the fault that the answer shows, or null */
  fault: string | null;
  promptTokens: number;
  completionTokens: number;
  idempotencyKey: string | null;
  /** the batch that was created, or that the request was a line of */
  batch?: string;
}

export interface RequestLog {
  /** Returns when the line is with the operating system: a killed teacher loses none. */
  append(entry: LoggedRequest): void;
  close(): void;
}

/** Appends to a JSON Lines file; keeps nothing where there is none. Throws what opening the file throws. */
export function openRequestLog(path: string | null): RequestLog {
  if (path === null) return { append: () => {}, close: () => {} };
  const descriptor = openSync(path, 'a');
  return {
    append: (entry) => writeSync(descriptor, `${JSON.stringify(entry)}\n`),
    close: () => closeSync(descriptor),
  };
}

/** SHA-256 of a JSON value with its keys in order, in hexadecimal: the same request however it is spelled. */
export function digestOfRequest(body: unknown): string {
  return sha256(JSON.stringify(body, (_, value: unknown) => (isObject(value) ? sorted(value) : value)));
}

export function digestOfPrompt(prompt: string): string {
  return sha256(prompt).slice(0, 12);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

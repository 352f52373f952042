import { AsyncLocalStorage } from 'node:async_hooks';
import { visibleJson, visibleText } from '../workflows/decisions/screen/visible-text.ts';
import { AlpacaError } from './errors.ts';
import { hideSecretsOf, withoutSecrets } from './secrets.ts';

/**
 * One format for all that a service says: a time, a level, a sentence, and what belongs to it as JSON, on one
 * line of standard error. Workers, Temporal's SDK and its core, activities, child processes and the web service
 * write it; commands at a terminal do not, and there it is silent. With ALPACA_LOG_FORMAT=json a line is one JSON object.
 * What we say has no prompt, no answer and no key; what programs of others print has no key.
 */
export type LogLevel = (typeof LEVELS)[number];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export type LogMeta = Record<string, unknown>;

export interface Log {
  write(level: LogLevel, message: string, meta?: LogMeta): void;
  info(message: string, meta?: LogMeta): void;
  warn(message: string, meta?: LogMeta): void;
  /** an expected error is its sentence, a defect keeps its stack */
  failure(error: unknown, meta?: LogMeta): void;
}

let least = Number.POSITIVE_INFINITY;
let asJson = false;
const belonging = new AsyncLocalStorage<LogMeta>();
let put = (line: string): void => void process.stderr.write(`${line}\n`);

/** What everything in this process writes to: silent until `startLog`. */
export const log: Log = {
  write(level, message, meta) {
    if (LEVELS.indexOf(level) < least) return;
    put((asJson ? jsonLine : logLine)(new Date(), level, message, { ...belonging.getStore(), ...meta }));
  },
  info: (message, meta) => log.write('info', message, meta),
  warn: (message, meta) => log.write('warn', message, meta),
  failure(error, meta) {
    const message = error instanceof Error ? error.message : String(error);
    log.write('error', message, error instanceof AlpacaError ? meta : { ...meta, error });
  },
};

/** Lets the log of this process be heard from a level on. Every service calls it first. */
export function startLog(level: LogLevel, write = put): Log {
  hideSecretsOf(process.env);
  asJson = process.env.ALPACA_LOG_FORMAT === 'json';
  least = LEVELS.indexOf(level);
  put = write;
  return log;
}

/** All that is said while `work` goes on has `meta` too: which run and step it is of. */
export function saidOf<Result>(meta: LogMeta, work: () => Result): Result {
  return belonging.run(meta, work);
}

/** `2026-11-28T17:00:00.123Z WARN The queue waits. {"taskQueue":"alpaca-gpu"}` */
export function logLine(at: Date, level: LogLevel, message: string, meta: LogMeta = {}): string {
  const sentence = visibleText(message.trim()).replaceAll(/\s*\n\s*/g, ' | ');
  const rest = Object.keys(meta).length === 0 ? '' : ` ${visibleJson(meta, plainErrors)}`;
  return withoutSecrets(`${at.toISOString()} ${level.toUpperCase()} ${sentence}${rest}`);
}

/** `{"time":"2026-11-28T17:00:00.123Z","level":"warn","message":"The queue waits.","taskQueue":"alpaca-gpu"}` */
export function jsonLine(at: Date, level: LogLevel, message: string, meta: LogMeta = {}): string {
  const line = { time: at.toISOString(), level, message: message.trim() };
  return withoutSecrets(visibleJson({ ...line, ...meta, ...line }, plainErrors));
}

function plainErrors(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
}

/** What another program printed, as an entry of this log; TensorFlow says its level, others none. */
export interface ForeignLine {
  level: LogLevel;
  message: string;
  source?: string;
}

const BY_LETTER: Partial<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'error' };
/** `2026-11-28 17:00:00.123456: W FILE:LINE] MESSAGE`, and absl's `W0000 00:00:1764349200.1 4242 FILE:LINE] MESSAGE`. */
const TENSORFLOW = /^(?:\d{4}-\d\d-\d\d [\d:.]+: ([IWEF])|([IWEF])\d{4} [\d:.]+ +\d+) (\S+)\] (.*)$/;

/** What TensorFlow says without a level, and which tells of nothing wrong. */
const INFORMATION = [
  /^To enable the following instructions: .* rebuild TensorFlow/,
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR/,
];

export function readForeignLine(line: string): ForeignLine {
  const [, first, second, source, message] = TENSORFLOW.exec(line) ?? [];
  const level = BY_LETTER[first ?? second ?? ''];
  if (level === undefined || source === undefined || message === undefined)
    return { level: INFORMATION.some((known) => known.test(line)) ? 'info' : 'warn', message: line };
  return { level, message, source };
}

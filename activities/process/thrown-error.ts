import { isFailureCode } from '../../workflows/contracts/failures.ts';
import { AlpacaError } from '../errors.ts';

/**
 * An error as data, for the way between processes and threads: what carries it there keeps neither its
 * class nor, between processes, its fields, and fails at a cause that it cannot copy.
 */
export interface ThrownError {
  name: string;
  message: string;
  stack: string | undefined;
  /** its own: of an AlpacaError code, remedy and when to try again, of the system's errors code and path */
  fields: Record<string, string | number | boolean>;
  /** what is no error goes as its text; null where there is none */
  cause: ThrownError | string | null;
}

/** Causes beyond so many are left out: a chain may be endless. */
const MOST_CAUSES = 8;
/** Characters of a message or a field at the most. */
const LONGEST_TEXT = 100_000;

/** Never throws, whatever was thrown: it is called where nothing would catch it. */
export function toThrownError(thrown: unknown, causes = MOST_CAUSES): ThrownError {
  if (!(thrown instanceof Error)) return toThrownError(new Error(inWords(thrown)));
  const fields: ThrownError['fields'] = {};
  for (const field of Object.keys(thrown)) {
    const value = readField(thrown, field);
    if (typeof value === 'string') fields[field] = value.slice(0, LONGEST_TEXT);
    else if (typeof value === 'number' || typeof value === 'boolean') fields[field] = value;
  }
  const text = (field: string) => inWords(readField(thrown, field) ?? '');
  const stack = readField(thrown, 'stack');
  return {
    ...{ name: text('name'), message: text('message'), fields },
    stack: typeof stack === 'string' ? stack.slice(0, LONGEST_TEXT) : undefined,
    cause: causeOf(readField(thrown, 'cause'), causes - 1),
  };
}

function causeOf(cause: unknown, causes: number): ThrownError['cause'] {
  if (cause === undefined || cause === null || causes === 0) return null;
  return cause instanceof Error ? toThrownError(cause, causes) : inWords(cause);
}

/** A getter may throw. */
function readField(error: object, field: string): unknown {
  try {
    return Reflect.get(error, field);
  } catch {
    return undefined;
  }
}

/** What has no text of its own says so. */
function inWords(value: unknown): string {
  try {
    return String(value).slice(0, LONGEST_TEXT);
  } catch {
    return 'something that has no text was thrown';
  }
}

/** The error again: an AlpacaError where it was one. Any other is an Error of its name, message and fields. */
export function fromThrownError({ name, message, stack, fields, cause }: ThrownError): Error {
  const options = cause === null ? {} : { cause: typeof cause === 'string' ? cause : fromThrownError(cause) };
  const code = name === 'AlpacaError' && typeof fields.code === 'string' ? fields.code : null;
  const error: Error = isFailureCode(code)
    ? new AlpacaError(code, message, options)
    : new Error(message, options);
  if (name !== error.name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  // What the class computes, as an AlpacaError whether it is retried, is not a field.
  for (const [field, value] of Object.entries(fields))
    if (!(field in error) || Object.hasOwn(error, field)) Reflect.set(error, field, value);
  return error;
}

/** What a worker thread has thrown, as its `error` event has it: with all fields, and without its class. */
export function thrownByThread(error: unknown): Error {
  return fromThrownError(toThrownError(error));
}

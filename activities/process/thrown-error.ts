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

export function toThrownError(thrown: unknown): ThrownError {
  if (!(thrown instanceof Error)) return toThrownError(new Error(String(thrown)));
  const { name, message, stack, cause } = thrown;
  const fields: ThrownError['fields'] = {};
  for (const [field, value] of Object.entries(thrown))
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      fields[field] = value;
  return { name, message, stack, fields, cause: causeOf(cause) };
}

function causeOf(cause: unknown): ThrownError['cause'] {
  if (cause === undefined || cause === null) return null;
  return cause instanceof Error ? toThrownError(cause) : String(cause);
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
  return Object.assign(error, fields);
}

/** What a worker thread has thrown, as its `error` event has it: with all fields, and without its class. */
export function thrownByThread(error: unknown): Error {
  return fromThrownError(toThrownError(error));
}

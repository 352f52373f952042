import { FAILURES, type FailureCode } from '../workflows/contracts/failures.ts';

export interface AlpacaErrorOptions {
  /** what the user can do about it, as one sentence */
  remedy?: string;
  cause?: unknown;
  /** the provider said when to try again */
  retryAfterMs?: number;
}

/**
 * A failure that a user can meet: what happened, where, and what to do. Domain code throws it; `activity-attempt.ts` maps it
 * to a Temporal failure, the command line to an exit code: one place each. Anything else that is thrown is a defect
 * and keeps its stack.
 */
export class AlpacaError extends Error {
  override readonly name = 'AlpacaError';
  readonly code: FailureCode;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: FailureCode, message: string, options: AlpacaErrorOptions = {}) {
    super(options.remedy ? `${message} ${options.remedy}` : message, { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return FAILURES[this.code].retried;
  }
}

/** What a network file system or a disk says that is away for a while. */
const AWAY: ReadonlySet<string> = new Set([
  'EROFS',
  'EIO',
  'ESTALE',
  'ENOTCONN',
  'ENODEV',
  'ETIMEDOUT',
  'EHOSTDOWN',
]);

/** What no time makes a path of. */
const UNUSABLE: ReadonlySet<string> = new Set(['ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** Turns what the file system throws into a sentence; anything else is returned as it is. */
export function storageError(error: unknown, what: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  // A temporary name beside the file means nothing to whoever reads the message.
  const place = what.replace(/\.\d+\.[0-9a-f]{12}\.partial/g, '');
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AlpacaError(
      'StorageFull',
      `The disk is full: ${place} was not written, and nothing half-written was left.`,
      { remedy: 'Free some space.', cause: error },
    );
  }
  if (code !== undefined && AWAY.has(code)) {
    return new AlpacaError('StoreAway', `${place} cannot be reached: its device does not answer (${code}).`, {
      remedy: 'See to the disk or the network that it is on; it is tried again.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AlpacaError('Permission', `No permission to access ${place}.`, {
      remedy: 'Check the owner and mode of the path.',
      cause: error,
    });
  }
  if (code !== undefined && UNUSABLE.has(code)) {
    const shown = JSON.stringify(place.length > 200 ? `${place.slice(0, 200)}…` : place);
    return new AlpacaError('InvalidInput', `${shown} cannot be the path of a file (${code}).`, {
      remedy:
        'Name another: without NUL, no longer than its file system takes, and no link that leads to itself.',
      cause: error,
    });
  }
  if (code === 'EISDIR') {
    return new AlpacaError('InvalidInput', `${place} is a folder; expected a file.`, {
      remedy: 'Name the file in it.',
      cause: error,
    });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new AlpacaError('Configuration', `${place} cannot be made: a part of that path is no folder.`, {
      remedy: 'Name another place.',
      cause: error,
    });
  }
  return error;
}

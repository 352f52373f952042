/**
 * Every failure that a user can meet says what happened, where, and what to do. Domain code throws
 * `AlpacaError`; `attempt.ts` maps it to a Temporal failure, the command line to an exit code: one place
 * each. Anything else that is thrown is a defect and keeps its stack.
 */
export type ErrorCode =
  | 'InvalidInput' // wrong fields, wrong files, wrong rows: asking again cannot help
  | 'NotFound'
  | 'RefusedPath' // outside the store and the import folders
  | 'CorruptArtifact' // the digest does not match the bytes
  | 'StorageFull'
  | 'Storage'
  | 'Superseded' // a later attempt has taken the work over
  | 'Configuration' // an unknown profile, a missing key, no price
  | 'Authentication'
  | 'Permission'
  | 'UnknownModel'
  | 'QuotaExhausted'
  | 'RateLimited'
  | 'BudgetRequired' // asking costs money, and nobody said how much it may, or too little for one request
  | 'BudgetReached' // the hard cap in dollars: raising it goes on where it stopped
  | 'ContentRefused'
  | 'ContextLength'
  | 'TeacherUnavailable' // timeouts, cut connections, 5xx
  | 'TeacherMalformed' // an answer that is no answer: broken JSON, no choices
  | 'NothingAccepted' // all that the teacher answered was refused, malformed, filtered or too similar
  | 'TrainingDiverged' // NaN or infinity in the loss
  | 'ProcessDied'; // a child process ended without an answer

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'Storage',
  'Superseded',
  'RateLimited',
  'TeacherUnavailable',
  'TeacherMalformed',
  'ProcessDied',
]);

export interface AlpacaErrorOptions {
  /** what the user can do about it, as one sentence */
  remedy?: string;
  cause?: unknown;
  /** the provider said when to try again */
  retryAfterMs?: number;
}

export class AlpacaError extends Error {
  override readonly name = 'AlpacaError';
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: AlpacaErrorOptions = {}) {
    super(options.remedy ? `${message} ${options.remedy}` : message, { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

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
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AlpacaError('Permission', `No permission to access ${place}.`, {
      remedy: 'Check the owner and mode of the path.',
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

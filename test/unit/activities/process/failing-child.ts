import { AlpacaError } from '../../../../activities/errors.ts';
import { serve } from '../../../../activities/process/child-service.ts';

/** A child process that fails in the way that it is asked for. */
serve<'ours' | 'the system’s', never>(async (way) => {
  const cause = Object.assign(new Error('read ECONNRESET'), {
    code: 'ECONNRESET',
    // What no message between processes can hold.
    cause: { socket: () => 1 },
  });
  if (way === 'the system’s') throw cause;
  const options = { remedy: 'Free some space.', cause, retryAfterMs: 1500 };
  throw new AlpacaError('StorageFull', 'The disk is full.\nLast line:\n', options);
});

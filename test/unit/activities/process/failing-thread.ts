import { AlpacaError } from '../../../../activities/errors.ts';

/** A thread that finds the disk full. */
const cause = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
throw new AlpacaError('StorageFull', 'The disk is full.', { remedy: 'Free some space.', cause });

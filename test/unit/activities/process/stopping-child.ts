import { once } from 'node:events';
import { serve } from '../../../../activities/process/child-service.ts';

/** A child process that says its id, and answers only once it is told to stop, or never. */
serve<'heeds' | 'does not', string, number>(async (way, tell, stop) => {
  await tell(process.pid);
  if (!stop.aborted) await once(stop, 'abort');
  if (way === 'does not') for (;;);
  return 'what it had';
});

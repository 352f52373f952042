import { Worker } from 'node:worker_threads';
import { serve } from '../../../../activities/process/child-service.ts';

/** The entry of a child that takes all the time or memory that it can get. */
serve<'time' | 'memory' | 'memory of a thread', string>(async (what) => {
  if (what === 'memory of a thread') {
    const thread = new Worker('const all = []; while (true) all.push(new Array(1e5).fill(all.length));', {
      eval: true,
    });
    return new Promise((_, reject) => thread.on('error', reject));
  }
  const all: unknown[] = [];
  while (true) if (what === 'memory') all.push(new Array(1e5).fill(all.length));
});

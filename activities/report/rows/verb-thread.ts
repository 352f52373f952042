import { parentPort } from 'node:worker_threads';
import { rootVerb } from './root-verb.ts';

/** The entry of a thread that reads instructions: each message is some, and is answered with their verbs. */
parentPort?.on('message', (instructions: string[]) => {
  parentPort?.postMessage(instructions.map(rootVerb));
});

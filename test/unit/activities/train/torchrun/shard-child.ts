import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import { trainingPrograms } from '../../../../../workers/configuration.ts';

/** A worker that trains one shard, and may be killed: `node shard-child.ts STORE INPUT`, the input as JSON. */
const [, , root = '', input = ''] = process.argv;
await trainShard(
  JSON.parse(input),
  { store: createLocalStore({ root }), saveWithinMs: 60_000, programs: trainingPrograms() },
  { ...unwatched, report: (progress) => console.log(JSON.stringify(progress)) },
  1,
);

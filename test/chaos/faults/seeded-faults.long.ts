import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Disturbed, DisturbedFleet, FAULTS_A_RUN } from './seeded-faults.ts';

/** ALPACA_FAULTS=200 is what is to hold; fewer are for the hand. */
const WANTED = Number(process.env.ALPACA_FAULTS ?? 24);
const FIRST_SEED = Number(process.env.ALPACA_FAULTS_SEED ?? 1);
const FILE = 'test/chaos/faults/seeded-faults.long.ts';

describe('whole runs of a fleet whose processes are killed, cut off, and whose store fails', () => {
  it(`come to the digests of undisturbed ones under ${WANTED} faults`, async (test) => {
    const fleet = await DisturbedFleet.start();
    if (typeof fleet === 'string') return test.skip(fleet);
    console.error(`each process has a host of its own: ${fleet.kind}`);
    try {
      let done = 0;
      for (let seed = FIRST_SEED; done < WANTED; seed += 1) {
        const wanted = Math.min(FAULTS_A_RUN, WANTED - done);
        const again = `ALPACA_FAULTS=${wanted} ALPACA_FAULTS_SEED=${seed} npm run test:long -- ${FILE}`;
        const failed = (error: unknown): never => {
          throw new Error(`seed ${seed} failed; to repeat it: ${again}`, { cause: error });
        };
        const { faults, found, expected }: Disturbed = await fleet.run(seed, wanted).catch(failed);
        done += faults.length;
        console.error(`seed ${seed}, ${done} faults so far: ${faults.join('; ')}`);
        assert.ok(faults.length > 0, 'the run was over before its first fault');
        assert.deepEqual(found, expected, `to repeat it: ${again}`);
      }
      assert.equal(await fleet.failedWorkflowTasks(), 0);
    } finally {
      await fleet.stop();
    }
  });
});

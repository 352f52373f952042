import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createS3Store } from '../../../activities/artifacts/stores/s3-store.ts';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { startProcesses } from '../../processes.ts';
import { failingNetwork } from '../../s3/failing-network.ts';
import { BUCKET, startS3 } from '../../s3/versitygw.ts';
import { answered } from '../generation-stops.ts';
import { failedWorkflowTasks, until } from '../in-flight.ts';
import { STEADY_TEACHER } from '../steady-teacher.ts';

/** Ten requests, four times three at once: most are to come when the first four are answered, however late that is seen. */
const INPUT = { target: 120, concurrency: 3, roundSize: 4, promptsPerRequest: 1 };

describe('a generation over a bucket', () => {
  it('ends as over one that is never away, and pays for nothing twice, though the bucket is away in its midst and the network fails a request in thirty', async (test) => {
    const server = await startS3();
    if (typeof server === 'string') return test.skip(server);
    const network = await failingNetwork(server.endpoint, 7, 0.033);
    const store = `s3://${BUCKET}/run`;
    const processes = await startProcesses({
      teacher: [...STEADY_TEACHER, '--latency-ms', '1500'],
      store,
      env: { ...server.env, AWS_ENDPOINT_URL_S3: network.endpoint },
    });
    try {
      await processes.start('data-worker');
      const start = (ledger: string) =>
        processes.client.workflow.start('generate', {
          taskQueue: 'alpaca',
          workflowId: `generate-${ledger}`,
          args: [{ ...INPUT, ledger }],
        });
      const undisturbed: GenerateResult = await (await start('undisturbed')).result();
      const before = (await answered(processes)).length;
      // It answers differently who asks the same again, and a new one has been asked nothing.
      await processes.kill('teacher');
      await processes.start('teacher');

      const run = await start('disturbed');
      await until(async () => (await answered(processes)).length >= before + 4);
      await server.kill();
      // What is paid for and not yet stored is tried again for as long as it takes; what is not yet asked fails.
      const refused = network.refused();
      await until(async () => network.refused() >= refused + 10);
      await server.start();
      const disturbed: GenerateResult = await run.result();

      assert.deepEqual(
        [disturbed.data.sha256, disturbed.lost, disturbed.costUsd],
        [undisturbed.data.sha256, 0, undisturbed.costUsd],
      );
      Object.assign(process.env, server.env);
      const cache = { folder: join(processes.folder, 'cache'), mostBytes: 1e9 };
      const names = await createS3Store({ url: store, cache }).listEntries('ledger/disturbed');
      const kept = names.filter((name) => /\/[0-9a-f]{64}\.json$/.test(name));
      assert.equal(kept.length, (await answered(processes)).length - before);
      assert.equal(await failedWorkflowTasks(processes.client), 0);
      assert.ok([...network.faults.values()].reduce((sum, count) => sum + count, 0) > 5);
    } finally {
      await processes.stop();
      await network.close();
      await server.stop();
    }
  });
});

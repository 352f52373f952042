import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withJobModels } from '../../../../../workers/serve/fine-tuning/job-models.ts';
import { keepJob, markDeleted, removeJob } from '../../../../../workers/serve/fine-tuning/job-records.ts';
import { serveOnDemand } from '../../../../../workers/serve/models-on-demand.ts';
import { startModelServer } from '../../../../../workers/serve/server.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../../../activities/generate/generation-fixture.ts';

const ID = `ftjob-${'0f'.repeat(16)}`;
const NAME = `ft:builtin:alpaca:x:${'0f'.repeat(16)}`;
const RECORD = {
  ...{ id: ID, createdAt: '2026-11-29T11:00:00.000Z', fineTunedModel: NAME },
  request: {
    ...{ model: 'builtin', trainingFile: 'file-1', validationFile: null, seed: 42, suffix: 'x' },
    ...{ metadata: null, epochs: 1, batchSize: 8, learningRateMultiplier: 1 },
  },
};

describe('the model of a job', () => {
  it('goes by its own name, beside the models of other runs, until it is deleted', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    await keepJob(store, RECORD);
    const folders = new Map([ID, 'night', 'builtin'].map((name) => [name, `/models/${name}`]));
    const catalog = withJobModels(
      { names: async () => [ID, 'night', 'builtin'], folderOf: async (name) => folders.get(name) ?? null },
      { store, runs: { view: () => assert.fail('no run is looked at') } },
    );
    const models = serveOnDemand(catalog, { open: () => Promise.reject(new Error('it is asked for')) });
    assert.deepEqual(await models.names(), [NAME, 'night', 'builtin']);
    assert.equal(await catalog.folderOf(NAME), `/models/${ID}`);
    assert.equal(await catalog.folderOf('night'), '/models/night');
    assert.equal(await catalog.folderOf(NAME.replace(':x:', ':y:')), null, 'a name that is nearly its own');
    await assert.rejects(models.take(NAME), /it is asked for/);

    // A run whose model is too old for the list.
    folders.set('older', '/models/older');
    const server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
    test.after(() => server.close());
    const shown = async (name: string) => {
      const answer = await fetch(`${server.url}/v1/models/${encodeURIComponent(name)}`);
      return answer.status === 200 ? ((await answer.json()) as { id: string }).id : answer.status;
    };
    assert.deepEqual(
      [await shown('older'), await shown(NAME), await shown('none'), await shown('')],
      ['older', NAME, 404, 404],
    );

    await markDeleted(store, ID, 'Ada');
    assert.deepEqual(await models.names(), ['night', 'builtin']);
    for (const name of [NAME, `${NAME}:ckpt-step-3`, ID])
      assert.deepEqual([await models.take(name), await shown(name)], [undefined, 404]);

    await removeJob(store, ID);
    assert.deepEqual(await store.listEntries('openai'), []);
  });
});

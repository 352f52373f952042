import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunView } from '../../../../../workers/runs/runs.ts';
import { withJobModels } from '../../../../../workers/serve/fine-tuning/job-models.ts';
import { keepJob, markDeleted, removeJob } from '../../../../../workers/serve/fine-tuning/job-records.ts';
import { serveOnDemand } from '../../../../../workers/serve/models-on-demand.ts';
import { startModelServer } from '../../../../../workers/serve/server.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../../../activities/generate/generation-fixture.ts';

const ID = `ftjob-${'0f'.repeat(16)}`;
/** of the job’s run, and of its training */
const RUN = '01a22904-ca80-730a-b36d-9ca78b70cbf0';
const TRAINING = '01a22904-ca80-730a-b36d-9ca78b70cbf1';
const NAME = `ft:builtin:alpaca:x:${'0f'.repeat(16)}`;
const RECORD = {
  ...{ id: ID, createdAt: '2026-11-29T11:00:00.000Z', by: 'Ada', fineTunedModel: NAME },
  request: {
    ...{ model: 'builtin', trainingFile: 'file-1', validationFile: null, seed: 42, suffix: 'x' },
    ...{ metadata: null, epochs: 1, batchSize: 8, learningRateMultiplier: 1 },
  },
};

const KNOWN = { isMade: true, takesConversations: false, examples: [] };

describe('the model of a job', () => {
  it('goes by its own name, beside the models of other runs, until it is deleted', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    await keepJob(store, RECORD);
    const listed = [ID, 'night', 'builtin'];
    const folders = new Map(
      [...listed, RUN, TRAINING, `${ID}/train`].map((name) => [name, `/models/${name}`]),
    );
    let looks = 0;
    const view = async (id: string): Promise<RunView> => {
      looks += 1;
      const workflowId = { [RUN]: ID, [TRAINING]: `${ID}/train` }[id] ?? assert.fail(id);
      return Object.assign(Object.create(null), { workflowId });
    };
    const names = async (without: ReadonlySet<string> = new Set()) =>
      listed.filter((name) => !without.has(name));
    const catalog = withJobModels(
      {
        names,
        folderOf: async (name) => folders.get(name) ?? null,
        about: async (name) => (folders.has(name) ? { ...KNOWN, base: `${name}@base` } : null),
      },
      { store, runs: { view } },
    );
    const models = serveOnDemand(catalog, { open: () => Promise.reject(new Error('it is asked for')) });
    assert.deepEqual(await models.names(), [NAME, 'night', 'builtin']);
    assert.equal(await catalog.folderOf(NAME), `/models/${ID}`);
    assert.equal(await catalog.folderOf('night'), '/models/night');
    assert.equal(await catalog.folderOf(NAME.replace(':x:', ':y:')), null, 'a name that is nearly its own');
    assert.equal((await catalog.about(NAME))?.base, `${ID}@base`);
    assert.equal(await catalog.about(NAME.replace(':x:', ':y:')), null);
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
    const named = [NAME, `${NAME}:ckpt-step-3`, ID, `${ID}/train`, RUN, TRAINING, RUN];
    for (const name of named) assert.equal(await models.take(name), undefined, name);
    assert.equal(looks, 2, 'what a run id is of is asked once');
    assert.equal(await shown(NAME), 404);

    await removeJob(store, ID);
    assert.deepEqual(await store.listEntries('openai'), []);
  });
});

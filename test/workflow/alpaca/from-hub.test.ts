import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { HubFetch } from '../../../workflows/contracts/data/hub.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import type { ReleaseInput } from '../../../workflows/contracts/release.ts';
import { MODEL } from '../../../workflows/search-attributes.ts';
import type { Harness } from '../harness.ts';
import { reference, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const COMMIT = 'c'.repeat(40);
const NAMES = { model: 'base', rows: 'rows' };

describe('an alpaca run whose input names a model and rows of the hub', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('has a worker fetch both before anything else, and every step goes by what came, with its commit', async () => {
    const fetched: HubFetch[] = [];
    const models: DataSource[] = [];
    const releases: ReleaseInput[] = [];
    const script: Partial<Script> = {
      fetchFromHub: async (wanted) => {
        fetched.push(wanted);
        return { ...(await scripted.fetchFromHub(wanted)), name: `owner/${NAMES[wanted.kind]}@${COMMIT}` };
      },
      checkInput: async ({ tokenize, generate }) => {
        models.push(tokenize.model, generate.from ?? 'none');
      },
      tokenizeRows: async (input) => {
        models.push(input.model);
        return scripted.tokenizeRows(input);
      },
      writeRelease: async (input) => {
        releases.push(input);
        return scripted.writeRelease(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', {
        ...{ generate: { from: 'hf:owner/rows#train' }, tokenize: { model: 'hf:owner/base@v1' } },
      });
      await handle.result();
      const { typedSearchAttributes } = await handle.describe();
      assert.equal(typedSearchAttributes.get(MODEL), 'base');
    });
    assert.deepEqual(fetched, [
      { source: 'hf:owner/base@v1', kind: 'model' },
      { source: 'hf:owner/rows#train', kind: 'rows' },
    ]);
    const model = reference('model', 10);
    assert.deepEqual(models, [model, reference('rows', 10), model]);
    const [released = assert.fail('nothing was released')] = releases;
    const { baseModel, sourceDataset, run } = released;
    assert.deepEqual([baseModel, sourceDataset], [`owner/base@${COMMIT}`, `owner/rows@${COMMIT}`]);
    assert.deepEqual(run?.input.tokenize, { ...Object(run?.input.tokenize), model });
  });

  it('ends with what to set where the worker may not fetch', async () => {
    const script: Partial<Script> = {
      fetchFromHub: async ({ source }) => {
        throw ApplicationFailure.nonRetryable(`This worker fetches nothing: ${source}.`, 'Permission');
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', { tokenize: { model: 'hf:owner/base' } });
      await assert.rejects(
        handle.result(),
        (error: WorkflowFailedError) =>
          error.cause?.message.startsWith('This worker fetches nothing: hf:owner/base.') ?? false,
      );
    });
  });
});

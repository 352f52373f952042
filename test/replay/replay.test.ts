import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

/**
 * Histories of runs of released versions. Runs of those versions are alive somewhere: today's workflows
 * must go on with them. A history here is never recorded again; a change that breaks one needs `patched`.
 */
const FOLDER = new URL('./histories/', import.meta.url);

describe('a committed history', async () => {
  let workflowBundle: WorkflowBundleWithSourceMap;
  before(async () => {
    const logger = new DefaultLogger('ERROR');
    Runtime.install({ logger });
    const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
    workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  });

  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));

  it('is there for each workflow', () => {
    const types = new Set(names.map((name) => name.split('.')[0]));
    assert.deepEqual([...types].sort(), [
      'alpaca',
      'dedupe',
      'evaluate',
      'generate',
      'release',
      'sample',
      'tokenize',
      'train',
    ]);
  });

  for (const name of names) {
    it(`replays: ${name}`, async () => {
      const history = historyFromJSON(JSON.parse(await readFile(new URL(name, FOLDER), 'utf8')));
      assert.ok((history.events?.length ?? 0) > 3);
      await Worker.runReplayHistory({ workflowBundle }, history);
    });
  }

  it('of another workflow is refused, so a replay here can fail', async () => {
    const [name] = names.filter((candidate) => candidate.startsWith('alpaca.'));
    assert.ok(name);
    const json = JSON.parse(
      await readFile(new URL(name, FOLDER), 'utf8').then((text) =>
        text.replaceAll('"sampleSeeds"', '"dedupeRows"'),
      ),
    );
    await assert.rejects(Worker.runReplayHistory({ workflowBundle }, historyFromJSON(json)), {
      name: 'DeterminismViolationError',
    });
  });
});

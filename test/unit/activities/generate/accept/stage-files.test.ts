import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { storeStageFiles } from '../../../../../activities/generate/accept/stage-files.ts';
import { createRunOpener } from '../../../../../activities/generate/generation-run.ts';
import type { LedgerEntry } from '../../../../../activities/teacher/ledger/ledger.ts';
import { generateInput, requestSettings } from '../../../../../workflows/contracts/generate.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { setUpStages } from '../self-instruct/scripted-stages.ts';

/** Of a thousand tasks: twice a thousand answers are read. */
const TASKS = Array.from({ length: 1000 }, (_, index) => ({
  ...{ instruction: `Tell of thing ${index}`, mostSimilar: null, similarity: 0 },
  provenance: { request: index, prompt: 0, segment: 0, ledgerKey: `instruction-${index}` },
  classification: { isClassification: false, answer: 'No', ledgerKey: `classification-${index}` },
}));

it('no more than 32 answers are open at once, however many tasks a run has', async (test) => {
  const set = disposedAfter(test, await setUpStages());
  const { store } = set;
  const put = (kind: string, rows: readonly object[]) =>
    store.putFile(kind, 'rows.jsonl', toJsonLines(rows), { madeBy: 'test', rows: rows.length });
  const seedTasks = await store.resolve(set.small.seedTasks, 'seed-tasks', '', unwatched.signal);
  const tasks = await put('dataset', TASKS);
  const input = generateInput.parse(set.small);
  const run = await createRunOpener(set.sources)(
    requestSettings(input, seedTasks, { stage: 'instances', tasks }),
  );
  let [open, most, read] = [0, 0, 0];
  const counting = async (key: string) => {
    read += 1;
    open += 1;
    most = Math.max(most, open);
    await new Promise(setImmediate);
    open -= 1;
    return answerUnder(key);
  };
  const files = await storeStageFiles(
    { settings: run.settings, tokenization: null, requests: 0, data: await put('dataset', []) },
    { ...run, ledger: { ...run.ledger, read: counting } },
    store,
    unwatched,
  );
  assert.deepEqual([files.instructions.rows, files.classification.rows, read, most], [1000, 1000, 2000, 32]);
});

function answerUnder(key: string): LedgerEntry {
  return {
    ...{ key, occurrence: 0, request: { style: 'completions', model: 'm', prompt: `What of ${key}?` } },
    ...{ outcome: 'answered', text: 'No', finishReason: 'stop', usage: null, maxTokens: 3, costUsd: 0 },
    ...{ model: 'm', profile: 'scripted', paidBy: 'run/0', time: '2026-11-29T05:00:00.000Z' },
  };
}

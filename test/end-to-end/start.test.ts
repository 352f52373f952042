import assert from 'node:assert/strict';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../activities/artifacts/digest.ts';
import { readModel } from '../../activities/model/folder/folder.ts';
import type { LoggedRequest } from '../../workers/offline-teacher/request-log.ts';
import type { RunSummary } from '../../workers/runs/summary.ts';
import { recipeRow } from '../../workflows/contracts/data.ts';
import { alpaca } from './command.ts';

/** `npm start -- --json`, small: the environment, every step, the summary; and the same once more. */
const SMALL = [
  ...['run', '--json', '--set', 'generate.target=40', '--set', 'train.epochs=1'],
  ...['--set', 'evaluate.maxInstructions=4', '--set', 'evaluate.maxNewTokens=8'],
];

describe('npm start', () => {
  let state: string;
  let first: RunSummary;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-start-'));
  });
  after(() => rm(state, { recursive: true, force: true }));

  const run = async (): Promise<RunSummary> => {
    const { code, stdout, stderr } = await alpaca(state, SMALL);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RunSummary;
  };
  const teacherLog = async (): Promise<LoggedRequest[]> => {
    const text = await readFile(join(state, 'teacher.jsonl'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LoggedRequest);
  };

  it('runs the whole recipe and ends its output with one JSON object', async () => {
    first = await run();
    assert.deepEqual(Object.keys(first), [
      ...['workflowId', 'runId', 'uiUrl', 'rows', 'datasetPath', 'someRows', 'datasetDigest'],
      ...['modelPath', 'modelDigest'],
      ...[
        'reportPath',
        'costUsd',
        'loss',
        'warning',
        'evaluation',
        'retrain',
        'filter',
        'stopReason',
        'yield',
        'turns',
        'requests',
        'shares',
      ],
    ]);
    assert.ok(first.rows >= 40);
    assert.equal(first.costUsd, 0);
    assert.ok(first.loss.after < first.loss.before);
  });

  it('leaves a data set in the recipe’s format under its digest', async () => {
    assert.equal((await digestOf(first.datasetPath)).sha256, first.datasetDigest);
    const rows = JSON.parse(await readFile(first.datasetPath, 'utf8')) as object[];
    assert.equal(rows.length, first.rows);
    for (const row of rows) {
      recipeRow.parse(row);
      assert.deepEqual(Object.keys(row), ['instruction', 'input', 'output']);
    }
  });

  it('leaves a model folder that loads, and a report that stands by itself', async () => {
    const { config, weights } = await readModel(first.modelPath);
    assert.equal(weights.get('model.embed_tokens.weight')?.shape[0], config.vocabSize);
    const report = await readFile(first.reportPath, 'utf8');
    assert.match(report, /^<!doctype html>/i);
    assert.doesNotMatch(report, /(?:src|href)="https?:/);
  });

  it('ends everything that it started', async () => {
    await assert.rejects(access(join(state, 'environment.json')), { code: 'ENOENT' });
  });

  it('once more, asks the teacher for no completion and makes the same data and the same model', async () => {
    const answered = (log: LoggedRequest[]) => log.filter(({ status }) => status === 200).length;
    const before = answered(await teacherLog());
    assert.ok(before > 0);
    const second = await run();
    assert.equal(answered(await teacherLog()), before);
    assert.deepEqual(
      [second.datasetDigest, second.modelDigest, second.loss, second.evaluation.pairwise],
      [first.datasetDigest, first.modelDigest, first.loss, first.evaluation.pairwise],
    );
    assert.notEqual(second.runId, first.runId);
  });
});

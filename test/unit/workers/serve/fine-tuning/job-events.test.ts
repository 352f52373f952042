import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StepMetrics } from '../../../../../activities/train/metrics.ts';
import { jobCheckpoints } from '../../../../../workers/serve/fine-tuning/job-checkpoints.ts';
import { jobEvents } from '../../../../../workers/serve/fine-tuning/job-events.ts';
import {
  jobOfResults,
  resultsCsv,
  resultsIdOf,
} from '../../../../../workers/serve/fine-tuning/job-results.ts';
import { jobInName, nameOfModel } from '../../../../../workers/serve/fine-tuning/model-name.ts';
import type { Progress } from '../../../../../workflows/contracts/progress.ts';

const ID = `ftjob-${'0f'.repeat(16)}`;
const RECORD = {
  ...{
    id: ID,
    createdAt: '2026-11-29T11:00:00.000Z',
    by: 'Ada',
    fineTunedModel: nameOfModel(ID, 'builtin', null),
  },
  request: {
    ...{ model: 'builtin', trainingFile: 'file-1', validationFile: null, seed: 42, suffix: null },
    ...{ metadata: null, epochs: 1, batchSize: 8, learningRateMultiplier: 1 },
  },
};
const stepAt = (step: number, endedAt: string, heldOutLoss: number | null): StepMetrics => ({
  ...{ step, epoch: 0, loss: 2.5 - step, learningRate: 2e-5, gradientNorm: 1, tokens: 100, targets: 50 },
  ...{ tokensPerSecond: 10, memoryBytes: 1, peakMemoryBytes: 1, tensors: 1 },
  ...{ heldOutLoss, endedAt: Date.parse(endedAt) / 1000 },
});
const METRICS = [stepAt(0, '2026-11-29T11:02:00.500Z', null), stepAt(1, '2026-11-29T11:03:00.000Z', 1.25)];
const PROGRESS: Progress = {
  ...{ state: 'paused', stage: 'train', accepted: 20, target: 20, costUsd: 0, budgetUsd: null },
  ...{ pauseReason: 'no room in /srv/store/rows', pauseKind: 'person', etaSeconds: null, forecast: null },
  loss: { latest: 1.5, before: 3, after: null },
  stages: [
    {
      ...{ name: 'tokenize', state: 'done', done: 20, total: 20, unit: 'rows', note: '2 held out' },
      ...{ startedAt: '2026-11-29T11:00:30.000Z', endedAt: '2026-11-29T11:01:00.000Z' },
    },
    {
      ...{ name: 'train', state: 'running', done: 2, total: 4, unit: 'steps', note: '' },
      ...{ startedAt: '2026-11-29T11:01:00.000Z', endedAt: null },
    },
  ],
};
const RUN = {
  ...{ status: 'RUNNING', stage: 'train', standing: 'paused', closedAt: null, failure: null },
  ...{ progress: PROGRESS, updates: [{ what: 'pause', by: 'Ada', at: '2026-11-29T11:02:30.000Z' }] },
};

describe('the events of a job', () => {
  const events = jobEvents({ record: RECORD, run: RUN, metrics: METRICS });

  it('are its steps, its training step by step, and who changed it, the latest first', () => {
    assert.deepEqual(
      events.map(({ created_at, message }) => [
        new Date(created_at * 1000).toISOString().slice(14, 19),
        message,
      ]),
      [
        ['03:00', 'Step 2/4: training loss=1.50, validation loss=1.25'],
        ['02:30', 'pause, by Ada'],
        ['02:00', 'Step 1/4: training loss=2.50'],
        ['01:00', 'It waits: no room in …/rows'],
        ['01:00', 'Started the step train'],
        ['01:00', 'Finished the step tokenize: 2 held out'],
        ['00:30', 'Started the step tokenize'],
        ['00:00', `Created fine-tuning job: ${ID}`],
      ],
    );
  });

  it('have one id each, which stays the same', () => {
    const again = jobEvents({ record: RECORD, run: RUN, metrics: METRICS });
    assert.deepEqual(
      again.map(({ id }) => id),
      events.map(({ id }) => id),
    );
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  });

  it('have the figures of a training step as data', () => {
    assert.deepEqual(
      [events[0]?.type, events[0]?.data],
      [
        'metrics',
        {
          ...{ step: 2, total_steps: 4, epoch: 1, train_loss: 1.5, valid_loss: 1.25 },
          ...{ learning_rate: 2e-5, tokens: 100 },
        },
      ],
    );
    assert.deepEqual([events[1]?.type, events[1]?.data], ['message', null]);
  });

  it('are those of its training where no worker answers for the rest', () => {
    const run = { ...RUN, progress: null, updates: [] };
    assert.deepEqual(
      jobEvents({ record: RECORD, run, metrics: METRICS }).map(({ message }) => message),
      [
        'Step 2: training loss=1.50, validation loss=1.25',
        'Step 1: training loss=2.50',
        `Created fine-tuning job: ${ID}`,
      ],
    );
  });
});

describe('the checkpoints of a job', () => {
  it('are those that are there and have learnt something, with the losses of their step', () => {
    const kept = {
      uri: `artifact://checkpoint/${'a'.repeat(64)}/c`,
      sha256: 'a'.repeat(64),
      bytes: 1,
      rows: 1,
    };
    const checkpoints = [0, 1, 2].map((step) => ({ step, checkpoint: kept }));
    assert.deepEqual(
      jobCheckpoints(RECORD, { metrics: METRICS, checkpoints }).map((found) => [
        ...[found.id, found.fine_tuned_model_checkpoint, found.step_number, found.metrics],
      ]),
      [
        [
          `ftckpt-${'0f'.repeat(16)}-2`,
          `ft:builtin:alpaca::${'0f'.repeat(16)}:ckpt-step-2`,
          2,
          { step: 2, train_loss: 1.5, valid_loss: 1.25, full_valid_loss: 1.25 },
        ],
        [
          `ftckpt-${'0f'.repeat(16)}-1`,
          `ft:builtin:alpaca::${'0f'.repeat(16)}:ckpt-step-1`,
          1,
          { step: 1, train_loss: 2.5 },
        ],
      ],
    );
  });
});

describe('the results of a job', () => {
  it('are a line for each step, in a file whose id leads to the job', () => {
    assert.equal(resultsCsv(METRICS), 'step,train_loss,valid_loss\n1,2.5,\n2,1.5,1.25\n');
    assert.equal(jobOfResults(resultsIdOf(ID)), ID);
    assert.equal(jobOfResults(`file-${'0f'.repeat(12)}`), null);
  });
});

describe('the name of a model', () => {
  it('says base, suffix and job, whatever they are', () => {
    const id = '0f'.repeat(16);
    const named: [base: string, suffix: string | null, name: string][] = [
      ['builtin', null, `ft:builtin:alpaca::${id}`],
      ['/models/Llama 3: small/', 'night 1', `ft:Llama-3-small:alpaca:night-1:${id}`],
      [`artifact://model/${'a'.repeat(64)}/model`, 'a:b', `ft:model:alpaca:a-b:${id}`],
      [`ft:qwen:alpaca:x:${id}`, null, `ft:qwen:alpaca::${id}`],
    ];
    for (const [base, suffix, name] of named) {
      assert.equal(nameOfModel(ID, base, suffix), name);
      assert.deepEqual(jobInName(name), { jobId: ID, model: name, step: null });
      assert.deepEqual(jobInName(`${name}:ckpt-step-30`), { jobId: ID, model: name, step: 30 });
    }
    for (const other of ['builtin', ID, 'ft:x:alpaca::abc', `ft:x:other::${id}`])
      assert.equal(jobInName(other), null);
  });
});

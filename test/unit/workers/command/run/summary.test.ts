import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { openProgress, stageText } from '../../../../../workers/command/run/progress-bars.ts';
import { addresses } from '../../../../../workers/command/up.ts';
import { type RunSummary, summaryText } from '../../../../../workers/runs/summary.ts';
import type { Progress, Stage } from '../../../../../workflows/contracts/progress.ts';

const reference = { uri: `artifact://x/${'0'.repeat(64)}/y`, sha256: '0'.repeat(64), bytes: 1, rows: 1 };
const SUMMARY: RunSummary = {
  workflowId: 'my-run',
  runId: 'r',
  uiUrl: 'http://127.0.0.1:8233/run',
  rows: 1003,
  datasetPath: '/store/alpaca_data.json',
  datasetDigest: 'd'.repeat(64),
  someRows: [
    { instruction: 'Name a river.', input: '', output: 'Mekong' },
    { instruction: 'Sort these words:\nby length.', input: 'pear, fig', output: 'fig, pear' },
  ],
  requests: { prompts: 31, sent: 31 },
  modelPath: '/store/model',
  modelDigest: 'e'.repeat(64),
  reportPath: '/store/report.html',
  filter: null,
  retrain: null,
  stopReason: 'target',
  turns: [],
  shares: [],
  yield: {
    asked: 2000,
    parsed: 1800,
    malformed: 200,
    filtered: { 'too-short': 7 },
    similar: 790,
    accepted: 1003,
  },
  costUsd: 1.5,
  loss: { before: 8, after: 2 },
  warning: null,
  evaluation: {
    base: { isRandom: true, ownFormLoss: null },
    heldOut: {
      rows: 10,
      targets: 100,
      lossA: 2,
      lossB: 8,
      lossPromptsExchanged: 3,
      lossBigram: 2.5,
      excluded: 0,
    },
    exactMatch: { rows: 10, right: 4, rate: 0.4, interval: [0.17, 0.69] },
    heldOutAnswers: [
      { instruction: 'What is 14 plus 29?', input: '', wanted: '43', got: 'Elsa, what' },
      { instruction: 'Repeat.', input: 'x'.repeat(61), wanted: 'x', got: '' },
    ],
    candidates: [],
    comparisons: [],
    pairwise: {
      judge: 'offline',
      instructions: 48,
      excluded: 0,
      wins: 30,
      losses: 10,
      ties: 8,
      disagreements: 8,
      winRate: 70.83,
      standardError: 5,
      interval: [60.6, 81.0],
      pValue: 0.001,
      unreadable: 0,
      unjudged: 0,
    },
    costUsd: 0,
    answersA: reference,
    answersB: reference,
    annotations: reference,
  },
};

describe('the summary of a run', () => {
  it('says what was reached of the shares that the run is to have', () => {
    const shares = [{ name: 'ko', target: 0.2, rows: 198 }];
    assert.ok(summaryText({ ...SUMMARY, shares }).includes('\n  shares       ko 19.7% of 20%\n'));
  });

  it('says where everything is, what it cost and how well it does', () => {
    assert.deepEqual(summaryText(SUMMARY).split('\n'), [
      'rows           1003',
      '  such as      "Name a river." "Mekong"',
      '  such as      "Sort these words: by length." "pear, fig" "fig, pear"',
      'yield          of 2000 asked: 1800 parsed, 200 malformed; dropped: 7 too-short; 790 too similar; 1003 accepted',
      'dataset        /store/alpaca_data.json',
      'model          /store/model',
      'report         /store/report.html',
      'run            http://127.0.0.1:8233/run',
      'cost           1.50 USD',
      'exact match    4 of 10 (95% interval 17% to 69%)',
      '  held out     "What is 14 plus 29?" wanted "43", got "Elsa, what"',
      `  held out     "Repeat." "${'x'.repeat(60)}…" wanted "x", got ""`,
      'held-out loss  8.000 before, 2.000 after (-75%), nats per target token',
      "  compared     3.000 where each row has another row's prompt; 2.500 by add-one bigrams, how often tokens follow each other",
      'win rate       70.8% (95% interval 60.6 to 81.0) against the untrained base: 30 wins, 10 losses, 8 ties on 48 instructions, judge offline',
    ]);
  });

  it('has paths as they can be typed here, and says that answers were there from before', () => {
    const datasetPath = join(process.cwd(), '.alpaca/store/alpaca_data.json');
    const lines = summaryText({ ...SUMMARY, datasetPath, requests: { prompts: 31, sent: 4 } }).split('\n');
    assert.equal(lines[4], 'dataset        .alpaca/store/alpaca_data.json');
    assert.equal(
      lines[9],
      '  ledger       27 of 31 answers were there from before, and cost nothing; --set generate.ledger=NAME asks anew',
    );
  });

  it('shows verdicts that could not be read, and no win rate where no pair was judged', () => {
    const none = { winRate: null, standardError: null, interval: null, pValue: 1 };
    const counts = { instructions: 0, wins: 0, losses: 0, ties: 0, disagreements: 0 };
    for (const [figures, line] of [
      [
        { unreadable: 5, unjudged: 3 },
        'win rate       70.8% (95% interval 60.6 to 81.0) against the untrained base: 30 wins, 10 losses, 8 ties on 48 instructions, judge offline; 5 verdicts unreadable, 3 pairs left out for it',
      ],
      [
        { ...none, ...counts, unreadable: 1, unjudged: 1 },
        'win rate       none (no pair was judged) against the untrained base: 0 wins, 0 losses, 0 ties on 0 instructions, judge offline; 1 verdict unreadable, 1 pair left out for it',
      ],
    ] as const) {
      const { evaluation } = SUMMARY;
      const pairwise = { ...evaluation.pairwise, ...figures };
      const text = summaryText({ ...SUMMARY, evaluation: { ...evaluation, pairwise } });
      assert.equal(text.split('\n').at(-1), line);
    }
  });
});

describe('the summary of a run with more candidates', () => {
  it('has a line for each pair beyond the first', () => {
    const { evaluation } = SUMMARY;
    const named = (name: string) => ({
      name,
      kind: 'model' as const,
      answers: evaluation.answersA,
      meanLength: 1,
      empty: 0,
      rougeL: null,
      exactMatch: null,
      heldOut: null,
    });
    const pair = (b: number) => ({
      ...evaluation.pairwise,
      a: 0,
      b,
      meanLengthA: 1,
      meanLengthB: 1,
      categories: [],
      annotations: evaluation.annotations,
    });
    const more = {
      ...evaluation,
      candidates: [named('trained'), named('base'), named('taught')],
      comparisons: [pair(1), pair(2)],
    };
    assert.equal(
      summaryText({ ...SUMMARY, evaluation: more })
        .split('\n')
        .at(-1),
      '  and          70.8% (95% interval 60.6 to 81.0) of trained against taught',
    );
  });
});

describe('progress where there is no terminal', () => {
  it('is a line for each change, by the state that a stage is in: paused with its run', () => {
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: false });
    const display = openProgress(stream);
    const stages = [{ ...{ name: 'train', state: 'running', done: 3, total: 10, unit: 'steps' }, note: '' }];
    const progress = { stage: 'train', stages, pauseReason: null, etaSeconds: null, forecast: null };
    display.show({ ...progress, state: 'running' } as Progress);
    display.show({ ...progress, state: 'paused', pauseReason: 'by request' } as Progress);
    assert.equal(
      stream.read(),
      'train: running 30%, 3/10 steps\ntrain: paused 30%, 3/10 steps\npaused: by request\n',
    );
  });
});

describe('the text beside a progress bar', () => {
  const stage: Stage = {
    name: 'generate',
    state: 'running',
    done: 300,
    total: 1000,
    unit: 'accepted',
    note: '7 requests',
    startedAt: null,
    endedAt: null,
  };
  const progress = { stage: 'generate', etaSeconds: 12.4, forecast: null } as Progress;

  it('has percent and the time left first, since a terminal cuts what is last', () => {
    assert.equal(stageText(stage, progress), '30%, 12 s left, 300/1000 accepted, 7 requests');
  });

  it('says of a stage that ended below its target how far it came', () => {
    const ended = { ...stage, state: 'done' as const, done: 20, note: 'ended early' };
    assert.equal(stageText(ended, { ...progress, stage: 'dedupe' }), '20/1000 accepted, ended early');
  });

  it('is beside a bar that is empty until something with no total has ended', () => {
    const bars = (state: Stage['state']) => {
      const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 200 });
      const display = openProgress(stream);
      const dedupe: Stage = { ...stage, name: 'dedupe', state, done: 250, total: 0, note: '' };
      display.show({ ...progress, stages: [dedupe], pauseReason: null });
      display.close();
      return String(stream.read())
        .match(/[=-]{24}/g)
        ?.at(-1);
    };
    assert.deepEqual([bars('running'), bars('done')], ['-'.repeat(24), '='.repeat(24)]);
  });

  it('has no counts before a total is known, and no time for another stage', () => {
    assert.equal(stageText({ ...stage, name: 'train', total: 0, note: '' }, progress), '');
    assert.equal(
      stageText({ ...stage, name: 'train', state: 'skipped', total: 0, note: '' }, progress),
      'skipped',
    );
  });
});

describe('the addresses of the environment', () => {
  const environment = {
    state: 'ready' as const,
    pid: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    existing: false,
    address: '127.0.0.1:7233',
    namespace: 'default',
    uiUrl: 'http://127.0.0.1:8233',
    webUrl: 'http://127.0.0.1:8288',
    teacherUrl: 'http://127.0.0.1:4000/v1',
    localTeacherUrl: null,
    chatUrl: 'http://127.0.0.1:8289',
    store: '/store',
    processes: [],
  };

  it('come with commands that work as they stand', () => {
    assert.match(
      addresses(environment),
      /\n {2}temporal workflow start --task-queue alpaca --type alpaca --workflow-id my-run --input '\{\}'\n/,
    );
    assert.match(
      addresses({ ...environment, address: '127.0.0.1:9999' }),
      /temporal workflow query --address 127\.0\.0\.1:9999 --workflow-id my-run --type progress/,
    );
  });

  it('name the local teacher where there is one', () => {
    assert.doesNotMatch(addresses(environment), /local teacher/);
    assert.match(
      addresses({ ...environment, localTeacherUrl: 'http://127.0.0.1:4001/v1' }),
      /^local teacher {2}http:\/\/127\.0\.0\.1:4001\/v1 \(smollm2-135m, by llama\.cpp\)$/m,
    );
  });

  it('says what a filter dropped, by rule, and where these rows are', () => {
    const data = { uri: `artifact://dataset/${'a'.repeat(64)}/x`, sha256: 'a'.repeat(64), bytes: 1, rows: 3 };
    const filter = {
      ...{ data, similarity: null, against: [], dropped: data, droppedPath: '/store/dropped.jsonl' },
      ...{ droppedBy: { code: 1, arithmetic: 0, 'same-text': 2 }, grades: null },
    };
    const lines = summaryText({ ...SUMMARY, filter }).split('\n');
    assert.ok(lines.includes('filter         3 dropped: 1 code, 2 same-text'), lines.join('\n'));
    assert.ok(lines.includes('  dropped      /store/dropped.jsonl'));
  });
});

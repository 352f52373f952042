import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import { alpacaInput } from '../../../../workflows/contracts/pipeline.ts';
import type { ReleaseInput } from '../../../../workflows/contracts/release.ts';

/** A finished run with plausible figures, for the card, the manifest and the report. */
export function finishedRun(
  metrics: ArtifactReference,
  duplicates: ArtifactReference,
  yieldByRequest: ArtifactReference,
): NonNullable<ReleaseInput['run']> {
  return {
    workflowId: 'my-run',
    runId: '0196b1f0-0000-7000-8000-000000000000',
    input: JSON.parse(JSON.stringify(alpacaInput.parse({}))),
    sample: {
      seedTasks: made('seed-tasks', 175),
      evaluationInstructions: made('evaluation-instructions', 64),
      tokenization: 'rouge',
      classificationTasks: 30,
      tasksWithoutInput: 50,
    },
    generate: {
      data: made('rows', 1003),
      stopReason: 'target',
      requests: 17,
      prompts: 85,
      sent: 80,
      lost: 1,
      refused: 0,
      promptTokens: 51_000,
      completionTokens: 98_000,
      costUsd: 1.25,
      yield: {
        asked: 1445,
        parsed: 1300,
        malformed: 145,
        filtered: { 'too-short': 12, 'forbidden-word': 60 },
        similar: 225,
        accepted: 1003,
      },
      yieldByRequest,
      selfInstruct: null,
      shares: [],
    },
    dedupe: {
      data: made('rows', 1003),
      similarity: null,
      rejected: made('rejected', 4),
      report: duplicates,
      exactDuplicates: 1,
      normalizedDuplicates: 2,
      clusters: 2,
      largestCluster: 3,
      tokenization: 'rouge',
      embedding: null,
    },
    filter: null,
    tokenize: {
      model: made('model', 5),
      tokens: made('tokens', 903),
      heldOutTokens: made('tokens', 100),
      heldOutRows: made('rows', 100),
      truncated: 3,
      fullyMasked: 0,
      endOfTextLost: 3,
      prefixMismatches: 0,
      spellingSpecialTokens: 0,
      addedTokens: ['[PAD]'],
    },
    train: {
      model: made('model', 6),
      adapter: null,
      tensorBoard: null,
      best: null,
      ...{ learningRate: 0.002, warning: null },
      stoppedEarly: null,
      peakMemoryBytes: null,
      checkpoint: made('checkpoint', 1),
      metrics,
      steps: 171,
      parameters: 2_100_000,
      loss: { before: 8.01, after: 2.43 },
    },
    evaluate: {
      heldOut: {
        rows: 100,
        targets: 4200,
        lossA: 2.43,
        lossB: 8.01,
        lossPromptsExchanged: 3.1,
        lossBigram: 4.9,
        excluded: 0,
      },
      exactMatch: { rows: 80, right: 20, rate: 0.25, interval: [0.168, 0.355] },
      base: { isRandom: true, ownFormLoss: null },
      candidates: [],
      comparisons: [],
      pairwise: {
        judge: 'offline',
        instructions: 48,
        excluded: 2,
        wins: 20,
        losses: 2,
        ties: 26,
        disagreements: 5,
        winRate: 68.75,
        standardError: 4.1,
        interval: [60.7, 76.8],
        pValue: 0.001,
        unreadable: 0,
        unjudged: 0,
      },
      costUsd: 0,
      answersA: made('answers', 48),
      answersB: made('answers', 48),
      annotations: made('annotations', 48),
    },
  };
}

function made(kind: string, rows: number): ArtifactReference {
  const sha256 = kind.charCodeAt(0).toString(16).repeat(32);
  return { uri: `artifact://${kind}/${sha256}/${kind}`, sha256, bytes: 1000 * rows, rows };
}

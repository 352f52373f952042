import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unwatched } from '../../../../../activities/attempt.ts';
import type { LlamaConfig } from '../../../../../activities/model/folder/config.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { measureLoss } from '../../../../../activities/train/measure-loss.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type {
  TrainingSettings,
  TrainShardInput,
} from '../../../../../workflows/contracts/train-activities.ts';
import { BARE_ENVIRONMENT } from '../../../../bare-environment.ts';
import { missingTorch } from '../../../../python.ts';
import { heldOutTokens, shardInput, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import {
  assertClose,
  attemptThat,
  metricsOf,
  processesOf,
  type TorchTraining,
  torch,
  torchTraining,
  trainedBy,
  trainedByTwoNodes,
} from './torch-training.ts';

const missing = await missingTorch();
const NONE = { launcher: [], ranks: [] };
const BIASED: Partial<LlamaConfig> = {
  tieEmbeddings: true,
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
};
const QWEN3: Partial<LlamaConfig> = {
  family: 'qwen3',
  queryKeyNorm: 'head',
  headSize: 6,
  window: { tokens: 7, layers: [1] },
};
const SMOLLM3: Partial<LlamaConfig> = { family: 'smollm3', unturnedLayers: [0] };
const GRANITE: Partial<LlamaConfig> = {
  ...{ family: 'granite', embeddingMultiplier: 3, attentionMultiplier: 0.3 },
  ...{ residualMultiplier: 0.6, logitsDivisor: 2 },
};
const OLMO2: Partial<LlamaConfig> = { family: 'olmo2', queryKeyNorm: 'all', normsAfter: true };
/** The same training by our own engine, which nothing disturbs: the losses of the two differ by 1e-5 at the most. */
const OURS = { ...torch, engine: 'tensorflow', processes: 1 } as const;
const ALL = {};
const RARE: Partial<TrainingSettings> = {
  ...{ packing: true, zLoss: 0.01, lossReduction: 'micro-batch-mean', clipNorm: null },
  activationCheckpointing: true,
};
const ADAPTER: Partial<TrainingSettings> = {
  ...{ method: 'lora', loraDropout: 0, loraTargets: ['q_proj', 'down_proj'] },
};

const PATTERNED: Partial<TrainingSettings> = {
  ...{ ...ADAPTER, loraRankStabilized: true },
  ...{ loraRankPattern: { down_proj: 2 }, loraAlphaPattern: { 'layers.1.self_attn.q_proj': 3 } },
};

/** The short version is torchrun.test.ts. */
describe('the losses of 50 steps by PyTorch', { skip: missing }, () => {
  for (const [name, change, config] of [
    ['of all weights', ALL, {}],
    ['of packed rows, with biases and layers computed again', RARE, BIASED],
    ['of an adapter', ADAPTER, {}],
    ['of a Qwen3 with a window, packed', RARE, QWEN3],
    ['of an adapter of a SmolLM3, with ranks of single layers', PATTERNED, SMOLLM3],
    ['of a Granite', ALL, GRANITE],
    ['of an OLMo 2', ALL, OLMO2],
  ] as const) {
    for (const processes of [1, 2]) {
      it(`are ours, ${name}, on ${processes}`, async (test) => {
        const training = await torchTraining(test, config);
        const fifty = { ...change, epochs: 10, checkpointEverySteps: 100 };
        const ours = await trainedBy(training, fifty, 'ours');
        assert.equal(ours.length, 50);
        assertClose(
          await trainedBy(training, { ...fifty, engine: 'torchrun', processes }, 'run'),
          ours,
          1e-3,
        );
      });
    }
  }

  it('fall in bf16 as in f32, on f32 weights', async (test) => {
    const training = await torchTraining(test);
    const exact = await trainedBy(training, { ...torch, checkpointEverySteps: 100 }, 'exact');
    const rounded = await trainedBy(
      training,
      { ...torch, checkpointEverySteps: 100, precision: 'bf16' },
      'rounded',
    );
    assert.notEqual(rounded[0]?.loss, exact[0]?.loss);
    for (const [index, { loss }] of rounded.entries())
      assert.ok(Math.abs(loss - (exact[index]?.loss ?? 0)) < 0.05, `step ${index}: ${loss}`);
  });
});

describe('a training by PyTorch', { skip: missing }, () => {
  for (const what of ['ranks', 'launcher'] as const) {
    it(`goes on from its last checkpoint when one of its ${what} is killed`, async (test) => {
      const training = await torchTraining(test);
      const straight = await trainedBy(training, OURS, 'straight');
      const input = await shardInput(training, torch, 'killed');
      const kill = async () => {
        const [pid] = (await processesOf(input, training))[what];
        assert.ok(pid);
        process.kill(pid, 'SIGKILL');
      };
      await assert.rejects(trainShard(input, training, attemptThat(kill, 4), 1), { code: 'ProcessDied' });
      assert.deepEqual(await processesOf(input, training), NONE);
      await endsLike(straight, input, training);
    });
  }

  it('leaves no process when its worker is killed, and another goes on', async (test) => {
    const training = await torchTraining(test);
    const straight = await trainedBy(training, OURS, 'straight');
    const input = await shardInput(training, torch, 'killed');
    const script = fileURLToPath(new URL('./shard-child.ts', import.meta.url));
    const worker = spawn(process.execPath, [script, training.store.root, JSON.stringify(input)], {
      env: { ...BARE_ENVIRONMENT, ALPACA_PYTHON: training.programs.python ?? '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: worker.stdout })) {
      if ((JSON.parse(line) as StepProgress).done === 4) break;
    }
    assert.equal((await processesOf(input, training)).ranks.length, 2);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const until = Date.now() + 10_000;
    while ((await processesOf(input, training)).ranks.length > 0) assert.ok(Date.now() < until);
    await endsLike(straight, input, training);
  });

  it('that is cancelled saves its step and is gone within 10 seconds', async (test) => {
    const training = await torchTraining(test);
    const input = await shardInput(training, { ...torch, epochs: 40, checkpointEverySteps: 1000 }, 'run');
    let cancelledAt = 0;
    const cancel = (controller: AbortController) => {
      cancelledAt = Date.now();
      controller.abort(new Error('cancelled'));
    };
    const reports: StepProgress[] = [];
    await assert.rejects(trainShard(input, training, attemptThat(cancel, 2, reports), 1), {
      message: 'cancelled',
    });
    assert.ok(Date.now() - cancelledAt < 10_000);
    assert.deepEqual(await processesOf(input, training), NONE);
    assert.equal(reports.at(-1)?.note, 'checkpoint saved');
  });

  it('that is cancelled while a process does not answer is gone within 10 seconds', async (test) => {
    const training = await torchTraining(test);
    const input = await shardInput(training, { ...torch, epochs: 40, checkpointEverySteps: 1000 }, 'run');
    let cancelledAt = 0;
    const cancel = async (controller: AbortController) => {
      const [rank] = (await processesOf(input, training)).ranks;
      assert.ok(rank);
      process.kill(rank, 'SIGSTOP');
      cancelledAt = Date.now();
      controller.abort(new Error('cancelled'));
    };
    await assert.rejects(trainShard(input, training, attemptThat(cancel, 2), 1), { message: 'cancelled' });
    assert.ok(Date.now() - cancelledAt < 10_000);
    assert.deepEqual(await processesOf(input, training), NONE);
  });

  it('goes on with another number of processes, and says so', async (test) => {
    const training = await torchTraining(test);
    const straight = await trainedBy(training, OURS, 'straight');
    const input = await shardInput(training, torch, 'run');
    const { checkpoint } = await trainShard({ ...input, toStep: 6 }, training, unwatched, 1);
    const alone = { ...input, settings: { ...torch, processes: 1 }, fromStep: 6, checkpoint };
    const reports: StepProgress[] = [];
    await trainShard(alone, training, watched(reports), 2);
    assert.match(reports[0]?.note ?? '', /another machine \(processes was 2 and is 1\)/);
    assertClose(await metricsOf(input, training), straight, 1e-4);
  });

  it('measures held-out loss as we do, ends when it no longer falls, and exports its adapter', async (test) => {
    const training = await torchTraining(test);
    const overfitting = { learningRate: 3e-2, evaluateEverySteps: 3, patience: 2, epochs: 8 };
    const change = { ...settings, ...torch, ...overfitting, method: 'lora' as const };
    const input = {
      ...(await shardInput(training, change, 'run')),
      heldOutTokens: await heldOutTokens(training),
    };
    const { best, step, stoppedEarly } = await trainShard(input, training, unwatched, 1);
    assert.ok(best);
    assert.equal(step, best.step + 6);
    assert.match(stoppedEarly ?? '', /^held-out loss has not fallen/);
    const { model } = input;
    const measured = await measureLoss(
      { model, checkpoint: best.checkpoint, tokens: input.heldOutTokens },
      training,
      unwatched,
    );
    assert.ok(Math.abs(measured.loss - best.loss) < 1e-5, `${measured.loss} and ${best.loss}`);
    const exported = await exportModel(
      { run: 'run', model, checkpoint: best.checkpoint, steps: step },
      training,
    );
    assert.ok(exported.adapter);
  });

  it('whose learning rate is absurd ends as diverged', async (test) => {
    const training = await torchTraining(test);
    const input = await shardInput(
      training,
      { ...torch, learningRate: 1, clipNorm: null, weightDecay: 1 },
      'run',
    );
    const absurd = { ...input, settings: { ...input.settings, learningRate: 1e38 } };
    await assert.rejects(trainShard(absurd, training, unwatched, 1), { code: 'TrainingDiverged' });
    assert.deepEqual(await processesOf(absurd, training), NONE);
  });
});

describe('a training by PyTorch on two nodes', { skip: missing }, () => {
  const nodes = { ...torch, processes: 1, nodes: 2 };

  it('has our losses at each of 50 steps', async (test) => {
    const training = await torchTraining(test);
    const fifty = { ...nodes, epochs: 10, checkpointEverySteps: 20 };
    const ours = await trainedBy(training, { ...OURS, epochs: 10, checkpointEverySteps: 20 }, 'ours');
    assert.equal(ours.length, 50);
    assertClose(await trainedByTwoNodes(training, await shardInput(training, fifty, 'run')), ours, 1e-3);
  });

  it('goes on from what the first has saved of both, on one node too', async (test) => {
    const training = await torchTraining(test);
    const straight = await trainedBy(training, OURS, 'straight');
    const input = await shardInput(training, nodes, 'run');
    await trainedByTwoNodes(training, { ...input, toStep: 6 });
    // Whoever is given the same shard once more finds what was made of it.
    const { checkpoint } = await trainShard({ ...input, toStep: 6 }, training, unwatched, 2);
    const alone = { ...input, settings: { ...nodes, nodes: 1, processes: 2 }, fromStep: 6, checkpoint };
    const { checkpoint: ninth } = await trainShard({ ...alone, toStep: 9 }, training, unwatched, 1);
    await trainedByTwoNodes(training, { ...input, fromStep: 9, checkpoint: ninth });
    assertClose(await metricsOf(input, training), straight, 1e-4);
  });

  it('ends on both nodes where one is told to, with its step saved', async (test) => {
    const training = await torchTraining(test);
    const straight = await trainedBy(training, OURS, 'straight');
    const input = await shardInput(training, { ...nodes, checkpointEverySteps: 100 }, 'run');
    const controller = new AbortController();
    const first = attemptThat(() => controller.abort(new Error('told to stop')), 4);
    const second = { ...watched([], controller.signal), isUnwanted: () => false };
    await assert.rejects(trainedByTwoNodes(training, input, [first, second]), { code: 'WorkerStopping' });
    assertClose(await trainedByTwoNodes(training, input, undefined, 2), straight, 1e-4);
  });
});

/** Trains on, and holds all steps against those of a training that nothing has disturbed. */
async function endsLike(
  straight: Awaited<ReturnType<typeof metricsOf>>,
  input: TrainShardInput,
  training: TorchTraining,
): Promise<void> {
  const reports: StepProgress[] = [];
  await trainShard(input, training, watched(reports), 2);
  assert.ok((reports[0]?.done ?? 0) >= 3, 'not from the beginning');
  assertClose(await metricsOf(input, training), straight, 1e-4);
}

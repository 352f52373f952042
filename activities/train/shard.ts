import { readFile, rm } from 'node:fs/promises';
import type { TrainShardInput, TrainShardResult } from '../../workflows/contracts/activities.ts';
import type { ArtifactReference } from '../../workflows/contracts/reference.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import {
  type CheckpointPointer,
  claimShard,
  latestCheckpoint,
  recordCheckpoint,
  type ShardKey,
} from './checkpoint-pointer.ts';
import type { TrainEvent } from './child.ts';
import { identityDigest, identityOf } from './identity.ts';
import { loraOf } from './method.ts';
import { gatherMetrics, recordMetrics, type StepMetrics } from './metrics.ts';
import { parsePlan } from './plan.ts';
import { trainInProcess } from './process.ts';

/** A shard's training loss is the mean over so many of its last steps. */
const LAST_STEPS = 10;

/**
 * Trains the steps [fromStep, toStep) of a run. Goes on from the latest checkpoint that an earlier attempt
 * left within the range, else from the one that the range starts with.
 *
 * @param attemptNumber grows from attempt to attempt; a later one takes the shard over from an earlier one
 */
export async function trainShard(
  input: TrainShardInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
  attemptNumber: number,
): Promise<TrainShardResult> {
  const { settings, run, fromStep, toStep } = input;
  const planPath = await store.open(input.plan);
  const plan = parsePlan(await readFile(planPath, 'utf8'), planPath);
  const digests = { model: input.model.sha256, tokens: input.tokens.sha256, plan: plan.digest };
  const modelPath = await store.open(input.model);
  // An attempt that an earlier version scheduled names no added tokens, and trains in full.
  const lora = await loraOf(settings, input.addedTokens ?? [], modelPath);
  const identity = identityOf(settings, digests, lora);
  const key: ShardKey = { run, identity: identityDigest(identity), fromStep, toStep };

  await claimShard(store, key, attemptNumber);
  let latest = await latestCheckpoint(store, key);
  if (latest?.step !== toStep) {
    const checkpoint = latest?.checkpoint ?? input.checkpoint;
    const workspace = await store.workspace('training');
    const recorder = new Recorder(store, key, attemptNumber, input, attempt);
    try {
      await trainInProcess(
        {
          settings,
          identity,
          lora,
          modelPath,
          tokensPath: await store.open(input.tokens),
          planPath,
          checkpointPath: checkpoint && (await store.open(checkpoint)),
          toStep,
          workspace,
        },
        attempt,
        (event) => recorder.receive(event),
      );
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
    latest = recorder.latest;
  }
  if (latest === null) throw new RangeError(`the steps ${fromStep} to ${toStep} are no range`);
  return { checkpoint: latest.checkpoint, step: latest.step, ...(await summarize(store, key)) };
}

/** Brings what the training process reports into the store, and to the attempt. */
class Recorder {
  readonly #store: ArtifactStore;
  readonly #key: ShardKey;
  readonly #attemptNumber: number;
  readonly #madeFrom: Record<string, string>;
  readonly #attempt: Attempt;
  #unsaved: StepMetrics[] = [];
  #note = '';
  latest: CheckpointPointer | null = null;

  constructor(
    store: ArtifactStore,
    key: ShardKey,
    attemptNumber: number,
    { model, tokens, plan }: Record<'model' | 'tokens' | 'plan', ArtifactReference>,
    attempt: Attempt,
  ) {
    this.#store = store;
    this.#key = key;
    this.#attemptNumber = attemptNumber;
    this.#madeFrom = { model: model.uri, tokens: tokens.uri, plan: plan.uri };
    this.#attempt = attempt;
  }

  async receive(event: TrainEvent): Promise<void> {
    switch (event.kind) {
      case 'started':
        this.#note = event.elsewhere ? ', gone on from a checkpoint of another machine' : '';
        return this.#report(event.step, 'loaded');
      case 'step':
        this.#unsaved.push(event.metrics);
        return this.#report(event.metrics.step + 1, describe(event.metrics));
      case 'checkpoint':
        return this.#keep(event.step, event.path);
    }
  }

  /** The checkpoint is in the store before the pointer, and the pointer before the next heartbeat. */
  async #keep(step: number, path: string): Promise<void> {
    const about = { madeBy: 'train', madeFrom: this.#madeFrom, settings: { step, run: this.#key.run } };
    const checkpoint = await this.#store.take('checkpoint', path, about);
    await recordMetrics(this.#store, this.#key, this.#unsaved);
    await recordCheckpoint(this.#store, this.#key, this.#attemptNumber, { step, checkpoint });
    this.#unsaved = [];
    this.latest = { step, checkpoint };
    this.#report(step, 'checkpoint saved');
  }

  #report(step: number, note: string): void {
    const { fromStep, toStep } = this.#key;
    const progress = { done: step - fromStep, total: toStep - fromStep, unit: 'steps' };
    this.#attempt.report({ ...progress, note: `${note}${this.#note}` });
  }
}

function describe({ loss, tokensPerSecond, memoryBytes }: StepMetrics): string {
  const memory = `${Math.round(memoryBytes / 2 ** 20)} MiB`;
  return `loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens a second, ${memory}`;
}

/** The mean loss of the shard's last steps, and its tokens over its time. */
async function summarize(
  store: ArtifactStore,
  key: ShardKey,
): Promise<{ loss: number; tokensPerSecond: number }> {
  const steps = (await gatherMetrics(store, key, key.toStep)).filter(({ step }) => step >= key.fromStep);
  const last = steps.slice(-LAST_STEPS);
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const seconds = steps.reduce((sum, step) => sum + step.tokens / step.tokensPerSecond, 0);
  return {
    loss: last.reduce((sum, { loss }) => sum + loss, 0) / last.length,
    tokensPerSecond: tokens / seconds,
  };
}

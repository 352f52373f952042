import { basename } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { BestCheckpoint, TrainingFigures } from '../../../workflows/contracts/train.ts';
import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import type { ArtifactStore, Provenance } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { readState } from '../checkpoint/checkpoint.ts';
import {
  type CheckpointPointer,
  latestAttempt,
  recordCheckpoint,
  type ShardKey,
} from '../checkpoint/checkpoint-pointer.ts';
import { deleteSuperseded } from '../checkpoint/checkpoint-retention.ts';
import { recordMetrics, type StepMetrics } from '../metrics.ts';
import type { TrainEvent } from './child.ts';
import { MeasuredTraining } from './measured-training.ts';
import { SAVE_WITHIN_MS } from './process.ts';

/** How often the metrics of steps since the last checkpoint are written, in milliseconds. */
const WRITE_METRICS_EVERY_MS = 10_000;

/** How long an attempt that is to end waits for a checkpoint that is on its way into the store: the next goes on from it. */
const ENDING_MS = 5000;
/** The same where nobody wants the training any more. */
const UNWANTED_MS = 2000;

/** Makes of the checkpoint that a round's shard ends with what it hands over, and what it leaves for itself. */
export type KeepUpdate = (
  path: string,
  about: Provenance,
) => Promise<Pick<CheckpointPointer, 'checkpoint' | 'beside'>>;

/** Brings what the training process reports into the store, and to the attempt. */
export class Recorder {
  readonly #store: ArtifactStore;
  readonly #key: ShardKey;
  readonly #attemptNumber: number;
  readonly #input: TrainShardInput;
  readonly #attempt: Attempt;
  /** of the steps since the last checkpoint that the process has written */
  #unsaved: StepMetrics[] = [];
  #reached: number;
  #keeping: Promise<void> = Promise.resolve();
  #metricsWrittenAt = Date.now();
  #heldOutLoss: number | null = null;
  #note = '';
  #deaths = 0;
  readonly #measured = new MeasuredTraining();
  readonly #keepUpdate: KeepUpdate | null;
  latest: CheckpointPointer | null = null;
  best: BestCheckpoint | null;

  constructor(
    store: ArtifactStore,
    key: ShardKey,
    attemptNumber: number,
    input: TrainShardInput,
    attempt: Attempt,
    best: BestCheckpoint | null,
    keepUpdate: KeepUpdate | null,
  ) {
    this.#store = store;
    this.#key = key;
    this.#attemptNumber = attemptNumber;
    this.#input = input;
    this.#attempt = attempt;
    this.best = best;
    this.#keepUpdate = keepUpdate;
    this.#reached = key.fromStep;
  }

  async receive(event: TrainEvent): Promise<void> {
    switch (event.kind) {
      case 'started':
        this.#note = `${noteOf(event)}${deathsIn(this.#deaths)}`;
        this.#reached = event.step;
        // What a process that died has made since its last checkpoint is made again.
        this.#unsaved = [];
        return this.#report('loaded');
      case 'step':
        return this.#takeMetrics(event.metrics);
      case 'checkpoint':
        this.#keeping = this.#keep(event);
        return this.#keeping;
    }
  }

  /**
   * Writes the metrics of the steps since the last checkpoint, for whoever watches, and of a training that
   * diverged. An attempt that was taken over writes none: its successor's may be further.
   */
  async writeMetrics(metrics = this.#unsaved): Promise<void> {
    this.#metricsWrittenAt = Date.now();
    if ((await latestAttempt(this.#store, this.#key)) > this.#attemptNumber) return;
    await recordMetrics(this.#store, this.#key, metrics);
  }

  /** The attempt goes on after a death of its process, which all its reports tell from then on. */
  died(): void {
    this.#deaths += 1;
  }

  /** The attempt is over: nothing is trained any more. */
  end(): void {
    this.#measured.end();
  }

  /**
   * Waits until what an ended process has written last is in the store, or cannot come there: for minutes at the most,
   * and for seconds once the attempt is to end.
   *
   * @param saveWithinMs the most that it may take then; 0, by which processes are ended at once, is no bound of this
   * @returns why it cannot come there; null where it is there, or on its way still
   */
  async settle(saveWithinMs: number): Promise<unknown> {
    const { signal } = this.#attempt;
    const over = Promise.withResolvers<null>();
    let timer = setTimeout(over.resolve, SAVE_WITHIN_MS, null);
    const hurry = () => {
      clearTimeout(timer);
      const mostMs = this.#attempt.isUnwanted?.() ? UNWANTED_MS : ENDING_MS;
      timer = setTimeout(over.resolve, Math.min(mostMs, saveWithinMs || mostMs), null);
    };
    if (signal.aborted) hurry();
    else signal.addEventListener('abort', hurry);
    const kept = this.#keeping.then(
      () => null,
      (error: unknown) => error,
    );
    try {
      return await Promise.race([kept, over.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', hurry);
    }
  }

  async #takeMetrics(metrics: StepMetrics): Promise<void> {
    this.#unsaved.push(metrics);
    this.#measured.step(metrics, this.#input);
    this.#heldOutLoss = metrics.heldOutLoss ?? this.#heldOutLoss;
    const figures = figuresOf(metrics, this.#heldOutLoss);
    this.#reached = figures.step;
    this.#report(describe(figures), figures);
    if (Date.now() - this.#metricsWrittenAt > WRITE_METRICS_EVERY_MS) await this.writeMetrics();
  }

  /**
   * Metrics are in the store before the checkpoint, and that before the pointer. Steps that are made meanwhile belong to
   * the next one.
   */
  async #keep({ step, path, best }: Extract<TrainEvent, { kind: 'checkpoint' }>): Promise<void> {
    const metrics = this.#unsaved;
    this.#unsaved = [];
    await this.writeMetrics(metrics);
    const { model, tokens, plan, settings, toStep } = this.#input;
    const about = {
      madeBy: 'train',
      madeFrom: { model: model.uri, tokens: tokens.uri, plan: plan.uri },
      settings: { step, run: this.#key.run },
    };
    const kept =
      this.#keepUpdate !== null && step === toStep
        ? await this.#keepUpdate(path, about)
        : { checkpoint: await this.#keepCheckpoint(path, about) };
    if (best !== null) this.best = { step, loss: best, checkpoint: kept.checkpoint };
    const found = { step, ...kept, best: this.best };
    await recordCheckpoint(this.#store, this.#key, this.#attemptNumber, found);
    this.latest = found;
    this.#measured.checkpoint();
    // A shard of a round keeps one: to go on from, and to be merged.
    const keep = this.#key.part === undefined ? settings.keepCheckpoints : 1;
    await deleteSuperseded(this.#store, this.#key, keep);
    this.#report('checkpoint saved');
  }

  async #keepCheckpoint(path: string, about: Provenance): Promise<ArtifactReference> {
    const { files } = await readState(path);
    return this.#store.take('checkpoint', path, about, basename(path), files);
  }

  #report(note: string, figures?: TrainingFigures): void {
    const { fromStep, toStep } = this.#key;
    this.#attempt.report({
      done: this.#reached - fromStep,
      total: toStep - fromStep,
      unit: 'steps',
      note: `${note}${this.#note}`,
      ...(figures && { figures }),
    });
  }
}

/** How a step went, for the progress query. */
export function figuresOf(metrics: StepMetrics, heldOutLoss: number | null): TrainingFigures {
  const { step, loss, learningRate, gradientNorm, tokensPerSecond, memoryBytes, peakMemoryBytes } = metrics;
  const measured = { loss, learningRate, gradientNorm, tokensPerSecond, memoryBytes, peakMemoryBytes };
  return { step: step + 1, ...measured, heldOutLoss };
}

function describe({ loss, tokensPerSecond, memoryBytes, heldOutLoss }: TrainingFigures): string {
  const heldOut = heldOutLoss === null ? '' : `, held-out loss ${heldOutLoss.toFixed(3)}`;
  const memory = `${Math.round(memoryBytes / 2 ** 20)} MiB`;
  return `loss ${loss.toFixed(3)}${heldOut}, ${Math.round(tokensPerSecond)} tokens a second, ${memory}`;
}

function deathsIn(deaths: number): string {
  return deaths === 0 ? '' : `, deaths of its process: ${deaths}`;
}

/** What is to be known of an attempt from its start, after what it does now. */
export function noteOf({
  elsewhere,
  unrepeatable,
  changed,
}: Omit<Extract<TrainEvent, { kind: 'started' }>, 'kind' | 'step'>): string {
  const notes = [
    elsewhere === null ? [] : `gone on from a checkpoint of another machine (${elsewhere})`,
    unrepeatable === 0
      ? []
      : `this device does not repeat itself (the same gradients differ by up to ${unrepeatable.toExponential(1)} of the largest), so a resumed run is close to one that never stopped and not identical`,
    changed.length === 0 ? [] : `gone on although changed: ${changed.join('; ')}`,
  ].flat();
  return notes.map((note) => `, ${note}`).join('');
}

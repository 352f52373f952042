import { cp, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { readAdapter } from '../../model/adapter/folder.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { readModel } from '../../model/folder/folder.ts';
import { type Weight, writeTensors } from '../../model/folder/safetensors.ts';
import { runProgram } from '../../process/program.ts';
import { readTokens } from '../../tokenize/tokens.ts';
import { completeCheckpoint, readState, WEIGHTS } from '../checkpoint/checkpoint.ts';
import { checkIdentity } from '../checkpoint/identity.ts';
import { NOTHING_MEASURED } from '../early-stopping.ts';
import type { StepMetrics } from '../metrics.ts';
import { type BatchPlan, parsePlan } from '../plan/plan.ts';
import type { TrainEvent, TrainReply, TrainRequest } from '../process/child.ts';
import { markOf, type TrainingPrograms } from '../torchrun/torchrun.ts';
import { readCommandRecipe } from './command-recipe.ts';
import { handOver, OUTPUT } from './handed-over.ts';
import { checkpointsIn, type FoundCheckpoint, loggedIn, readTrainerState } from './trainer-state.ts';

/** In a checkpoint's folder: what the command has saved, as it was. */
const SAVED = 'command';
/** How often its output folder is looked at, and how long a checkpoint there must have rested to be whole. */
const LOOK_EVERY_MS = 500;
const SETTLED_MS = 3000;
/** What a command that is told to end may take: it saves nothing then, as Hugging Face's Trainer does not. */
const STOP_WITHIN_MS = 5000;

/**
 * Trains by a command of somebody else (`settings.command`), in whose hands the order of rows and the steps are: it is
 * given rows, settings and a checkpoint of its own to go on from, and its checkpoints and its model are taken.
 *
 * @throws AlpacaError InvalidInput where the worker knows no such command; ProcessDied with what it said last;
 *   CorruptArtifact or InvalidInput where what it has made is no model
 */
export async function trainByCommand(
  request: TrainRequest,
  attempt: Attempt,
  onEvent: (event: TrainEvent) => Promise<void>,
  _saveWithinMs: number,
  { commands }: TrainingPrograms,
): Promise<TrainReply> {
  const { settings, identity, workspace, toStep, checkpointPath } = request;
  const name = settings.command ?? '';
  const recipe = await readCommandRecipe(name, commands);
  const plan = parsePlan(await readFile(request.planPath, 'utf8'), request.planPath);
  const output = join(workspace, OUTPUT);
  const begun = checkpointPath === null ? null : await goOn(checkpointPath, request, output);
  await handOver(recipe, request, begun?.path ?? null);
  const told = new Told(plan, await tokensOf(request), begun?.step ?? 0, onEvent);
  const state = { format: 1, heldOut: NOTHING_MEASURED, identity, madeOn: { command: name } } as const;
  await onEvent({ kind: 'started', step: told.step, elsewhere: null, unrepeatable: 0, changed: [] });

  const take = async ({ path, step, steps }: FoundCheckpoint) => {
    await told.logged(steps);
    if (step >= toStep || step <= (begun?.step ?? 0)) return;
    const folder = join(workspace, `checkpoint-${step}`);
    await mkdir(folder);
    await rename(path, join(folder, SAVED));
    await completeCheckpoint(folder, { ...state, ...told.place(step) });
    await onEvent({ kind: 'checkpoint', step, path: folder, best: null });
  };
  const [program = '', ...args] = recipe.command;
  const running = runProgram(
    {
      ...{ name: `command ${name}`, mark: markOf(request), command: program, args },
      ...{ folder: workspace, env: {}, stopFile: null, stopWithinMs: () => STOP_WITHIN_MS },
    },
    attempt,
    (line) => told.line(line),
  );
  await whileItRuns(running, async () => {
    for (const found of await checkpointsIn(output, SETTLED_MS)) await take(found);
  });
  await told.logged((await readTrainerState(output))?.steps ?? []);

  const made = await madeIn(output, request);
  const folder = join(workspace, 'trained');
  await mkdir(folder);
  await writeTensors(join(folder, WEIGHTS), made.weights, { dtype: 'F32', metadata: { format: 'pt' } });
  const { lora } = made;
  await completeCheckpoint(folder, { ...state, ...told.place(toStep), ...(lora && { lora }) });
  await onEvent({ kind: 'checkpoint', step: toStep, path: folder, best: null });
  return { stoppedEarly: null, interrupted: false };
}

/** Puts the command's own checkpoint back to where it looks for it. */
async function goOn(checkpoint: string, { identity }: TrainRequest, output: string) {
  const { step, identity: found } = await readState(checkpoint);
  checkIdentity(found, identity, checkpoint);
  const path = join(output, `checkpoint-${step}`);
  await cp(join(checkpoint, SAVED), path, { recursive: true });
  return { path, step };
}

/** Looks now and then until the program has ended; a look that fails is what is thrown, once the program is gone. */
async function whileItRuns(running: Promise<void>, look: () => Promise<void>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  running.then(end, end);
  while (!isOver) {
    await look();
    await Promise.race([sleep(LOOK_EVERY_MS), running]);
  }
  await running;
}

/** The whole model that the command has written, or its adapter where nothing of the base was replaced. */
async function madeIn(
  output: string,
  { settings, lora }: TrainRequest,
): Promise<{ weights: Map<string, Weight>; lora: LoraConfig | null }> {
  if (settings.method === 'full') return { ...(await readModel(output)), lora: null };
  const adapter = await readAdapter(output);
  if (adapter.replaced.size === 0 && lora?.trainedTokens.length === 0) return adapter;
  throw new AlpacaError(
    'InvalidInput',
    'The adapter that the command has made replaces whole matrices of the model, or tokens were added to the model.',
    { remedy: 'Train all weights, or an adapter with the engine tensorflow or torchrun.' },
  );
}

/** Of all rows together. */
async function tokensOf({ tokensPath }: TrainRequest): Promise<number> {
  const rows = await readTokens(tokensPath);
  return rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
}

/** What was told of the command's steps, whether it printed them or has them in its state. */
class Told {
  readonly #plan: BatchPlan;
  /** the command says nothing of them: what a step has on an average */
  readonly #tokensAStep: number;
  readonly #onEvent: (event: TrainEvent) => Promise<void>;
  #lastAt = Date.now();
  /** updates made */
  step: number;

  constructor(plan: BatchPlan, tokens: number, step: number, onEvent: (event: TrainEvent) => Promise<void>) {
    this.#plan = plan;
    this.#tokensAStep = Math.round(tokens / plan.stepsPerEpoch);
    this.step = step;
    this.#onEvent = onEvent;
  }

  place(step: number): { step: number; epoch: number; tokens: number } {
    return { step, epoch: Math.floor(step / this.#plan.stepsPerEpoch), tokens: step * this.#tokensAStep };
  }

  /** A line of its output: with a loss it is the step that follows the last. */
  async line(line: string): Promise<void> {
    const found = loggedIn(line);
    if (found !== null) await this.#tell(this.step + 1, { ...found, gradientNorm: 0 });
  }

  async logged(steps: FoundCheckpoint['steps']): Promise<void> {
    for (const { step, loss, learning_rate: learningRate = 0, grad_norm: gradientNorm = 0 } of steps)
      if (step > this.step) await this.#tell(step, { loss, learningRate, gradientNorm });
  }

  async #tell(
    step: number,
    figures: Pick<StepMetrics, 'loss' | 'learningRate' | 'gradientNorm'>,
  ): Promise<void> {
    if (step > this.#plan.totalSteps) return;
    const now = Date.now();
    const seconds = Math.max(0.001, (now - this.#lastAt) / 1000);
    const tokens = this.#tokensAStep;
    this.step = step;
    this.#lastAt = now;
    const { epoch } = this.place(step - 1);
    const unknown = { targets: 0, memoryBytes: 0, peakMemoryBytes: 0, tensors: 0, heldOutLoss: null };
    await this.#onEvent({
      kind: 'step',
      metrics: {
        ...{ step: step - 1, epoch, ...figures, ...unknown, tokens },
        ...{ tokensPerSecond: tokens / seconds, endedAt: now / 1000 },
      },
    });
  }
}

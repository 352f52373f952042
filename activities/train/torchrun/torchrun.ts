import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { log } from '../../log.ts';
import { runProgram } from '../../process/program.ts';
import { completeCheckpoint, type TrainingState, verifiedState } from '../checkpoint/checkpoint.ts';
import { checkIdentity, identityDigest } from '../checkpoint/identity.ts';
import { differenceOf, torchMachine } from '../checkpoint/machine.ts';
import { heldOutProgress, reasonToStop } from '../early-stopping.ts';
import { stepMetrics } from '../metrics.ts';
import { parsePlan } from '../plan/plan.ts';
import type { TrainEvent, TrainReply, TrainRequest } from '../process/child.ts';
import { type Meeting, networkOf, nodeArguments } from './rendezvous.ts';
import { torchRequest } from './request.ts';

/** A training that nobody wants any more saves what it can in so long, and is ended then. */
const UNWANTED_MS = 7000;

/** What a machine has that trains beside this package. */
export interface TrainingPrograms {
  /** with torch, numpy, safetensors and pyarrow; null where none is known */
  python: string | null;
  /** a folder with recipes of commands beside those of the package; null where there is none */
  commands: string | null;
  /** by which other machines reach this one; null: its first that is not its own loopback */
  address: string | null;
}

export const NO_PROGRAMS: TrainingPrograms = { python: null, commands: null, address: null };

const SCRIPT = fileURLToPath(new URL('./train.py', import.meta.url));

/** What train.py says, a line each. */
const event = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('started'), step: z.int(), madeOn: torchMachine }),
  z.strictObject({ kind: z.literal('step'), metrics: stepMetrics }),
  z.strictObject({
    kind: z.literal('checkpoint'),
    step: z.int(),
    path: z.string(),
    best: z.number().nullable(),
    heldOut: heldOutProgress,
  }),
  z.strictObject({
    kind: z.literal('diverged'),
    step: z.int(),
    loss: z.string(),
    gradientNorm: z.string(),
  }),
]);
type TorchEvent = z.infer<typeof event>;

/**
 * Trains as `trainInProcess` does, with the same request and reports, by PyTorch: torchrun starts
 * `settings.processes` processes of train.py, which share the model (FSDP2). What makes a step is the same, so the
 * losses are, up to the rounding of another library.
 *
 * @throws AlpacaError Configuration where there is no such Python; as `trainInProcess`
 */
export async function trainByTorchrun(
  request: TrainRequest,
  attempt: Attempt,
  onEvent: (event: TrainEvent) => Promise<void>,
  saveWithinMs: number,
  { python }: TrainingPrograms,
): Promise<TrainReply> {
  if (python === null) throw pythonless();
  const { settings, identity, lora, checkpointPath, workspace, toStep, meeting = null } = request;
  const state = checkpointPath === null ? null : await verifiedState(checkpointPath);
  const changed =
    state && checkpointPath
      ? checkIdentity(state.identity, identity, checkpointPath, request.allowChanged)
      : [];
  const plan = parsePlan(await readFile(request.planPath, 'utf8'), request.planPath);
  const forPython = await torchRequest(request, state, plan.totalSteps);
  const requestFile = join(workspace, 'request.json');
  await writeFile(requestFile, JSON.stringify(forPython));

  let madeOn: TrainingState['madeOn'] | null = null;
  let tokens = state?.tokens ?? 0;
  let reached = forPython.step;
  let { heldOutProgress: heldOut } = forPython;
  const receive = async (said: TorchEvent): Promise<void> => {
    switch (said.kind) {
      case 'started': {
        madeOn = said.madeOn;
        const elsewhere = state === null ? null : differenceOf(state.madeOn, madeOn);
        return onEvent({ kind: 'started', step: said.step, elsewhere, unrepeatable: 0, changed });
      }
      case 'step':
        tokens += said.metrics.tokens;
        return onEvent(said);
      case 'checkpoint': {
        const { step, path, best } = said;
        if (madeOn === null) throw new RangeError('there is a checkpoint before the start');
        ({ heldOut } = said);
        const epoch = Math.floor(step / plan.stepsPerEpoch);
        const about = { format: 1, step, epoch, tokens, heldOut, identity, madeOn } as const;
        await completeCheckpoint(path, lora ? { ...about, lora } : about);
        await onEvent({ kind: 'checkpoint', step, path, best });
        reached = step;
        return;
      }
      case 'diverged':
        throw new AlpacaError(
          'TrainingDiverged',
          `The training diverged at step ${said.step}: the loss is ${said.loss}, the gradient's norm ${said.gradientNorm}.`,
          { remedy: 'The last checkpoint is kept. Lower the learning rate, or warm up longer.' },
        );
    }
  };
  await runProgram(
    {
      name: 'training',
      mark: markOf(request),
      command: python,
      args: launcherArguments(settings.processes, meeting, requestFile),
      folder: workspace,
      env: {
        OMP_NUM_THREADS: String(Math.max(1, Math.floor(availableParallelism() / settings.processes))),
        ...(meeting && networkOf(meeting, process.env)),
      },
      stopFile: forPython.stopFile,
      stopWithinMs: () => (attempt.isUnwanted?.() ? Math.min(UNWANTED_MS, saveWithinMs) : saveWithinMs),
    },
    attempt,
    (line) => (line.startsWith('{') ? receive(event.parse(JSON.parse(line))) : note(line)),
  );
  const stoppedEarly = reached < plan.totalSteps ? reasonToStop(heldOut, settings) : null;
  const interrupted = reached !== toStep && stoppedEarly === null;
  if (meeting !== null && meeting.node > 0) {
    attempt.signal.throwIfAborted();
    return { stoppedEarly: null, interrupted: false };
  }
  if (interrupted) throw attempt.signal.aborted ? attempt.signal.reason : stoppedWithAnother();
  return { stoppedEarly, interrupted };
}

/** What the processes of a training are known by on a machine, whichever attempt has started them. */
export function markOf({
  run,
  identity,
  meeting,
}: Pick<TrainRequest, 'run' | 'identity' | 'meeting'>): string {
  const ofNode = meeting ? `-node-${meeting.node}` : '';
  return `${identityDigest(identity)}-${run}${ofNode}`;
}

/** One start of all processes: where one is lost, the attempt after this one goes on from the last checkpoint. */
function launcherArguments(processes: number, meeting: Meeting | null, requestFile: string): string[] {
  const nodes = meeting === null ? ['--standalone', '--nnodes=1'] : nodeArguments(meeting);
  const once = [`--nproc-per-node=${processes}`, '--max-restarts=0'];
  return ['-m', 'torch.distributed.run', ...nodes, ...once, SCRIPT, requestFile];
}

async function note(line: string): Promise<void> {
  // A program of others' may print what it trains on.
  log.write('debug', line, { process: 'training' });
}

/** All nodes save and end where one is told to. */
function stoppedWithAnother(): AlpacaError {
  return new AlpacaError('WorkerStopping', 'The worker of another node of the shard stops.');
}

export function pythonless(): AlpacaError {
  return new AlpacaError(
    'Configuration',
    'This machine has no Python with PyTorch that the GPU worker knows of.',
    {
      remedy:
        'Run `npx alpaca setup torch`, or name a Python that has torch, numpy, safetensors and pyarrow in ALPACA_PYTHON of the worker.',
    },
  );
}

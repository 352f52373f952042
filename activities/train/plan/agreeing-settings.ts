import {
  type AskedTrainingSettings,
  roundSettingsOf,
  type TrainingSettings,
} from '../../../workflows/contracts/train-activities.ts';
import { roundsProblem } from '../../../workflows/decisions/rounds.ts';
import { AlpacaError } from '../../errors.ts';

type Measured = Partial<Pick<TrainingSettings, 'evaluateEverySteps' | 'patience' | 'exportBest'>>;
type Engine = Partial<
  Pick<
    TrainingSettings,
    | 'engine'
    | 'command'
    | 'processes'
    | 'nodes'
    | 'workers'
    | 'globalBatch'
    | 'microBatch'
    | 'packing'
    | 'evaluateEverySteps'
    | 'continueFrom'
    | 'loraRankStabilized'
    | 'loraRankPattern'
    | 'loraAlphaPattern'
  >
>;

/**
 * Refuses settings that would do nothing, though somebody set them, and those that exclude each other.
 *
 * @throws AlpacaError InvalidInput naming them
 */
export function checkAgreement(settings: Measured & Engine): void {
  checkMeasured(settings);
  checkEngine(settings);
}

function checkMeasured({ evaluateEverySteps, patience, exportBest }: Measured): void {
  const idle = [...(patience ? ['patience'] : []), ...(exportBest ? ['exportBest'] : [])];
  if (evaluateEverySteps || idle.length === 0) return;
  throw disagreeing(
    `${idle.join(' and ')} ${idle.length === 1 ? 'goes' : 'go'} by the held-out loss on the way, and it is not measured: evaluateEverySteps is null.`,
    `Set evaluateEverySteps, or leave ${idle.join(' and ')} out.`,
  );
}

/**
 * Refuses rounds that a training of so many steps has no room for.
 *
 * @throws AlpacaError InvalidInput naming the setting and one that would do
 */
export function checkRounds(settings: AskedTrainingSettings, steps: number): void {
  const several = roundSettingsOf(settings);
  const problem = several && roundsProblem(several, steps);
  if (problem !== null) throw new AlpacaError('InvalidInput', problem);
}

function checkEngine(settings: Engine): void {
  const { engine = 'tensorflow', processes = 1, workers = 1, packing = false, command = null } = settings;
  const { globalBatch = 1, microBatch = 1, nodes = 1 } = settings;
  if (engine !== 'torchrun' && nodes > 1)
    throw disagreeing(
      `nodes is ${nodes}, and the engine ${engine} trains on one machine.`,
      'Set engine torchrun, or for several workers that train in rounds workers, or leave nodes out.',
    );
  if (engine === 'tensorflow' && processes > 1)
    throw disagreeing(
      `processes is ${processes}, and the engine tensorflow trains in one.`,
      'Set engine torchrun, or for several workers of one process each workers, or leave processes out.',
    );
  if (engine !== 'tensorflow' && workers > 1)
    throw disagreeing(
      `workers is ${workers}, and the engine ${engine} does not train in rounds of shards.`,
      'Leave workers out: torchrun divides each step among its processes.',
    );
  if ((engine === 'command') !== (command !== null))
    throw disagreeing(
      `engine is ${engine}, and command ${command ?? 'null'}.`,
      'Set both, engine command and the name of one, or neither.',
    );
  if (engine === 'command' && (settings.evaluateEverySteps || settings.continueFrom || packing))
    throw disagreeing(
      'evaluateEverySteps, continueFrom and packing are not handed over to a command.',
      'Leave them out, or set them in a recipe of your own for the command.',
    );
  if (engine === 'command' && hasPatterns(settings))
    throw disagreeing(
      'loraRankStabilized, loraRankPattern and loraAlphaPattern are not handed over to a command.',
      'Leave them out, or set them in a recipe of your own for the command.',
    );
  const all = nodes * processes;
  if (packing || globalBatch / microBatch > all - 1) return;
  throw disagreeing(
    `A step has ${Math.ceil(globalBatch / microBatch)} micro-batches, and there are ${all} processes: some would never have one.`,
    `Set microBatch ${Math.max(1, Math.floor(globalBatch / all))}, which each process takes at a time, or a larger globalBatch.`,
  );
}

function hasPatterns({ loraRankStabilized, loraRankPattern = {}, loraAlphaPattern = {} }: Engine): boolean {
  return loraRankStabilized || Object.keys({ ...loraRankPattern, ...loraAlphaPattern }).length > 0;
}

function disagreeing(message: string, remedy: string): AlpacaError {
  return new AlpacaError('InvalidInput', message, { remedy });
}

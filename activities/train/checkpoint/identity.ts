import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Changeable } from '../../../workflows/contracts/train.ts';
import type { TrainingSettings } from '../../../workflows/contracts/train-activities.ts';
import { roundSettingsOf } from '../../../workflows/contracts/train-activities.ts';
import type { TreeFile } from '../../artifacts/digest.ts';
import { AlpacaError } from '../../errors.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';

/**
 * Everything that the weights after a step are a function of. How the run is cut into shards and how often
 * it is saved change nothing, and are left out.
 */
export const trainingIdentity = z.strictObject({
  /** digests: of the base model's folder, of the tokens, of the batch plan's steps */
  model: z.string(),
  tokens: z.string(),
  plan: z.string(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  /** digests of what the model's folder is made of */
  parts: z.strictObject({ config: z.string(), tokenizer: z.string(), base: z.string() }),
});
export type TrainingIdentity = z.infer<typeof trainingIdentity>;
export type ModelParts = TrainingIdentity['parts'];

/** @param files of a model's folder, as its manifest in the store lists them */
export function modelParts(files: readonly TreeFile[]): ModelParts {
  const isWeights = ({ path }: TreeFile) => /\.safetensors(\.index\.json)?$/.test(path);
  const isConfig = ({ path }: TreeFile) => path === 'config.json' || path === 'generation_config.json';
  const digest = (belongs: (file: TreeFile) => boolean) =>
    digestOfJson(files.filter(belongs).map(({ path, sha256 }) => [path, sha256]));
  return {
    config: digest(isConfig),
    tokenizer: digest((file) => !isWeights(file) && !isConfig(file)),
    base: digest(isWeights),
  };
}

export interface IdentityDigests extends Omit<TrainingIdentity, 'settings'> {
  /** of the held-out tokens, where their loss is measured on the way */
  heldOut?: string | null;
}

/** Settings that change nothing where they are off are left out. */
export function identityOf(
  settings: TrainingSettings,
  { heldOut = null, ...digests }: IdentityDigests,
  lora: LoraConfig | null = null,
): TrainingIdentity {
  const {
    shardsPerEpoch: _shards,
    checkpointEverySteps: _every,
    keepCheckpoints: _keep,
    exportBest: _export,
    exportDtype: _dtype,
    continueFrom: _from,
    allowChanged: _allowed,
    engine,
    processes: _processes,
    nodes: _nodes,
    gatherSeconds: _gather,
    command,
    workers: _workers,
    roundSteps: _steps,
    outer: _outer,
    outerLearningRate: _rate,
    outerMomentum: _momentum,
    roundUpdate: _update,
    roundMoments: _moments,
    roundWeights: _weights,
    quorum: _quorum,
    graceSeconds: _grace,
    lateShards: _late,
    ...changing
  } = settings;
  const { evaluateEverySteps, patience, minimumImprovement, zLoss, lossReduction, ...rest } = changing;
  const {
    // Packing is in the plan's digest, and recomputed layers have the same bits.
    packing: _packing,
    packedLength: _packedLength,
    activationCheckpointing: _checkpointing,
    loraRank: _rank,
    loraAlpha: _alpha,
    loraDropout: _dropout,
    loraTargets: _targets,
    loraRankStabilized: _stabilized,
    loraRankPattern: _ranks,
    loraAlphaPattern: _alphas,
    ...deciding
  } = rest;
  return {
    ...digests,
    settings: {
      ...deciding,
      ...(zLoss ? { zLoss } : {}),
      ...(lossReduction === 'micro-batch-mean' ? { lossReduction } : {}),
      ...(evaluateEverySteps && heldOut
        ? { evaluateEverySteps, patience, minimumImprovement, heldOutTokens: heldOut }
        : {}),
      ...(engine === 'tensorflow' ? {} : { engine }),
      ...(command === null ? {} : { command }),
      ...merging(settings),
      ...(lora && {
        loraRank: lora.rank,
        loraAlpha: lora.alpha,
        loraDropout: lora.dropout,
        loraTargets: lora.targets.join(' '),
        trainedTokens: lora.trainedTokens.join(' '),
        ...(lora.rankStabilized && { loraRankStabilized: 'true' }),
        ...(lora.ranks && { loraRankPattern: JSON.stringify(lora.ranks) }),
        ...(lora.alphas && { loraAlphaPattern: JSON.stringify(lora.alphas) }),
      }),
    },
  };
}

/**
 * How several workers' training is cut and merged; nothing where one trains. Which shards were late is no setting:
 * the record of the rounds has it.
 */
function merging(settings: TrainingSettings): TrainingIdentity['settings'] {
  const rounds = roundSettingsOf(settings);
  if (rounds === null) return {};
  const { workers, roundSteps, outer, outerLearningRate, outerMomentum } = rounds;
  const { roundUpdate, roundMoments, roundWeights } = rounds;
  return {
    ...{ workers, roundSteps, outer, roundUpdate, roundMoments, roundWeights },
    ...(outer === 'nesterov' && { outerLearningRate, outerMomentum }),
  };
}

/** SHA-256 over the identity, whatever the order of its fields. */
export function identityDigest({ model, tokens, plan, settings }: TrainingIdentity): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOfJson([model, tokens, plan, sorted]);
}

/**
 * Checks that a checkpoint goes on with this very training, but for what may have changed.
 *
 * @returns what changed and was allowed to, a line each
 * @throws AlpacaError InvalidInput naming every difference that was not allowed
 */
export function checkIdentity(
  found: TrainingIdentity,
  expected: TrainingIdentity,
  path: string,
  allowed: readonly Changeable[] = [],
): string[] {
  const differences = differencesOf(found, expected);
  const refused = differences.filter(({ kinds }) => !kinds.every((kind) => allowed.includes(kind)));
  if (refused.length === 0) return differences.map(({ text }) => text);
  const kinds = [...new Set(refused.flatMap((difference) => difference.kinds))].sort();
  throw new AlpacaError(
    'InvalidInput',
    `The checkpoint ${path} is of another training: ${refused.map(({ text }) => text).join('; ')}.`,
    {
      remedy: `Go on with the settings and data it was made with, start from the base model, or allow the change by name: allowChanged ${kinds.join(', ')}.`,
    },
  );
}

interface Difference {
  /** what must be allowed for it */
  kinds: Changeable[];
  text: string;
}

function differencesOf(found: TrainingIdentity, expected: TrainingIdentity): Difference[] {
  const differences: Difference[] = [];
  const compare = (kinds: Changeable[], name: string, was: Value, is: Value) => {
    if (was !== is)
      differences.push({ kinds, text: `${name} was ${was ?? 'unset'} and is ${is ?? 'unset'}` });
  };
  for (const part of ['config', 'tokenizer', 'base'] as const)
    compare([part], part, found.parts[part], expected.parts[part]);
  compare(['data'], 'data', found.tokens, expected.tokens);
  compare(['plan'], 'plan', found.plan, expected.plan);
  for (const name of new Set([...Object.keys(found.settings), ...Object.keys(expected.settings)])) {
    const kind = name === 'heldOutTokens' ? 'data' : 'settings';
    compare([kind], name, found.settings[name], expected.settings[name]);
  }
  return differences;
}

type Value = string | number | null | undefined;

function digestOfJson(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TrainingSettings } from '../../workflows/contracts/activities.ts';
import { AlpacaError } from '../errors.ts';
import type { LoraConfig } from '../model/adapter/lora.ts';

/**
 * Everything that the weights after a step are a function of. How the run is cut into shards and how often
 * it is saved change nothing, and are left out.
 */
export interface TrainingIdentity {
  /** digests: of the base model's folder, of the tokens, of the batch plan's steps */
  model: string;
  tokens: string;
  plan: string;
  settings: Record<string, string | number | null>;
}

export const trainingIdentity = z.strictObject({
  model: z.string(),
  tokens: z.string(),
  plan: z.string(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

/** Settings that change nothing where they are off are left out, so that older checkpoints go on. */
export function identityOf(
  settings: TrainingSettings,
  digests: Omit<TrainingIdentity, 'settings'>,
  lora: LoraConfig | null = null,
): TrainingIdentity {
  const { shardsPerEpoch: _shards, checkpointEverySteps: _every, zLoss, lossReduction, ...rest } = settings;
  const {
    loraRank: _rank,
    loraAlpha: _alpha,
    loraDropout: _dropout,
    loraTargets: _targets,
    ...deciding
  } = rest;
  return {
    ...digests,
    settings: {
      ...deciding,
      ...(zLoss ? { zLoss } : {}),
      ...(lossReduction === 'micro-batch-mean' ? { lossReduction } : {}),
      ...(lora && {
        loraRank: lora.rank,
        loraAlpha: lora.alpha,
        loraDropout: lora.dropout,
        loraTargets: lora.targets.join(' '),
        trainedTokens: lora.trainedTokens.join(' '),
      }),
    },
  };
}

/** SHA-256 over the identity, whatever the order of its fields. */
export function identityDigest({ model, tokens, plan, settings }: TrainingIdentity): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([model, tokens, plan, sorted]))
    .digest('hex');
}

/**
 * Checks that a checkpoint goes on with this very training.
 *
 * @throws AlpacaError InvalidInput naming every difference
 */
export function checkIdentity(found: TrainingIdentity, expected: TrainingIdentity, path: string): void {
  const differences: string[] = [];
  const compare = (name: string, was: string | number | null | undefined, is: typeof was) => {
    if (was !== is) differences.push(`${name} was ${was ?? 'unset'} and is ${is ?? 'unset'}`);
  };
  for (const name of ['model', 'tokens', 'plan'] as const) compare(name, found[name], expected[name]);
  for (const name of new Set([...Object.keys(found.settings), ...Object.keys(expected.settings)]))
    compare(name, found.settings[name], expected.settings[name]);
  if (differences.length === 0) return;
  throw new AlpacaError(
    'InvalidInput',
    `The checkpoint ${path} is of another training: ${differences.join('; ')}.`,
    {
      remedy: 'Go on with the settings and data it was made with, or start from the base model.',
    },
  );
}

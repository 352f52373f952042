import type { AskedTrainingSettings } from '../../../workflows/contracts/train-activities.ts';
import { AlpacaError } from '../../errors.ts';
import { adaptedLayers, isNamedBy, type LoraConfig } from '../../model/adapter/lora.ts';
import type { LlamaConfig } from '../../model/folder/config.ts';
import { readVocabulary } from '../../model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';

/**
 * What the settings say of LoRA, or null where all weights are trained.
 *
 * @param addedTokens tokens that were added to the base model, whose rows are trained in full
 * @param modelPath the base model's folder, whose tokenizer knows their ids
 * @throws AlpacaError InvalidInput where it does not
 */
export async function loraOf(
  settings: AskedTrainingSettings,
  addedTokens: readonly string[],
  modelPath: string,
): Promise<LoraConfig | null> {
  if (settings.method !== 'lora') return null;
  const { loraRank: rank, loraAlpha: alpha, loraDropout: dropout, loraTargets } = settings;
  const { loraRankStabilized: rankStabilized, loraRankPattern: ranks, loraAlphaPattern: alphas } = settings;
  return {
    rank,
    alpha,
    dropout,
    targets: [...new Set(loraTargets)].sort(),
    trainedTokens: await idsOf(addedTokens, modelPath),
    ...(rankStabilized && { rankStabilized }),
    ...(Object.keys(ranks).length > 0 && { ranks }),
    ...(Object.keys(alphas).length > 0 && { alphas }),
  };
}

/**
 * Refuses patterns for layers that are not adapted.
 *
 * @throws AlpacaError InvalidInput naming the first
 */
export function checkPatterns(config: LlamaConfig, lora: LoraConfig): void {
  const layers = adaptedLayers(config, lora);
  for (const [setting, pattern] of Object.entries({
    loraRankPattern: lora.ranks,
    loraAlphaPattern: lora.alphas,
  })) {
    const idle = Object.keys(pattern ?? {}).find((key) => !layers.some(({ name }) => isNamedBy(key, name)));
    if (idle === undefined) continue;
    throw new AlpacaError(
      'InvalidInput',
      `${setting} names ${idle}, which is the end of no adapted layer’s name.`,
      {
        remedy: `Adapted are ${lora.targets.join(', ')}, as ${layers[0]?.name ?? 'model.layers.0.self_attn.q_proj'}.`,
      },
    );
  }
}

async function idsOf(tokens: readonly string[], modelPath: string): Promise<number[]> {
  if (tokens.length === 0) return [];
  const vocabulary = readVocabulary(await readTokenizerFiles(modelPath), modelPath);
  const ids = tokens.map((token) => {
    const id = vocabulary.get(token);
    if (id !== undefined) return id;
    throw new AlpacaError(
      'InvalidInput',
      `The tokenizer in ${modelPath} has no token ${token} that was added to it.`,
      {
        remedy: 'Train on the model folder that tokenizing wrote.',
      },
    );
  });
  return ids.sort((a, b) => a - b);
}

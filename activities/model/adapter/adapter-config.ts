import { z } from 'zod';
import { targetModules } from '../../../workflows/contracts/train.ts';
import { AlpacaError } from '../../errors.ts';
import { MOST } from '../folder/bounds.ts';
import type { LoraConfig, TargetModule } from './lora.ts';

/** adapter_config.json, the fields that the computation depends on; others are let through. */
const adapterConfig = z.looseObject({
  peft_type: z.string(),
  r: z.int().min(1).max(MOST.rank),
  lora_alpha: z.number().min(-1e6).max(1e6),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), z.int().min(1).max(MOST.rank)).nullish(),
  alpha_pattern: z.record(z.string(), z.number().min(-1e6).max(1e6)).nullish(),
  bias: z.string().default('none'),
  modules_to_save: z.array(z.string()).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

/** Options that change what an adapter computes and that this model does not compute. */
const UNSUPPORTED = [
  'use_dora',
  'use_qalora',
  'use_bdlora',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
  'velora_config',
  'lora_bias',
  'fan_in_fan_out',
  'layers_to_transform',
  'layer_replication',
  'trainable_token_indices',
  'target_parameters',
  'alora_invocation_tokens',
] as const;

/**
 * How A and B may have begun: all that leave the base as it is. The others (pissa, olora, corda, loftq, lora_ga) change
 * the base before the first step, and the adapter was trained beside what came of it.
 */
const BEGINNINGS = ['gaussian', 'eva', 'orthogonal', 'mica'];

/** The matrices that PEFT may save whole, by its names. */
const SAVED_MODULES = ['embed_tokens', 'lm_head'];

/**
 * Reads what adapter_config.json says of the computation. Which layers are adapted the tensors say.
 *
 * @throws AlpacaError InvalidInput naming the first field that is wrong or not supported
 */
export function parseAdapterConfig(
  json: Record<string, unknown>,
  path: string,
): Omit<LoraConfig, 'targets' | 'trainedTokens'> & { savedModules: string[] } {
  const checked = adapterConfig.safeParse(json);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw refused(path, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const file = checked.data;
  if (file.peft_type !== 'LORA') throw unsupported(path, 'peft_type', file.peft_type);
  if (file.bias !== 'none') throw unsupported(path, 'bias', file.bias);
  for (const option of UNSUPPORTED) if (isOn(file[option])) throw unsupported(path, option, file[option]);
  const { init_lora_weights: beginning } = file;
  if (typeof beginning === 'string' && !BEGINNINGS.includes(beginning.toLowerCase()))
    throw refused(path, `init_lora_weights is "${beginning}", which changes the base`, CONVERT);
  const other = file.modules_to_save?.find((module) => !SAVED_MODULES.includes(module));
  if (other !== undefined) throw unsupported(path, 'modules_to_save', other);
  const { r: rank, lora_alpha: alpha, lora_dropout: dropout, modules_to_save: saved } = file;
  const { rank_pattern: ranks, alpha_pattern: alphas } = file;
  for (const [field, pattern] of Object.entries({ rank_pattern: ranks, alpha_pattern: alphas })) {
    const expression = Object.keys(pattern ?? {}).find((key) => !/^\^?[\w.]+$/.test(key));
    if (expression !== undefined) throw unsupported(path, `${field} for an expression`, expression);
  }
  return {
    ...{ rank, alpha, dropout, savedModules: saved ?? [] },
    ...(file.use_rslora && { rankStabilized: true }),
    ...(isOn(ranks) && ranks && { ranks }),
    ...(isOn(alphas) && alphas && { alphas }),
  };
}

/** What PEFT's LoraConfig reads. The base is named by a release that is told its name: its path here means nothing elsewhere. */
export function formatAdapterConfig({
  rank,
  alpha,
  dropout,
  targets,
  trainedTokens,
  rankStabilized = false,
  ranks,
  alphas,
}: LoraConfig): Record<string, unknown> {
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: null,
    inference_mode: true,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    target_modules: targets,
    modules_to_save: trainedTokens.length > 0 ? SAVED_MODULES : null,
    bias: 'none',
    fan_in_fan_out: false,
    use_rslora: rankStabilized,
    ...(ranks && { rank_pattern: ranks }),
    ...(alphas && { alpha_pattern: alphas }),
    use_dora: false,
    init_lora_weights: true,
  };
}

/**
 * The layers that an adapter's tensors are of.
 *
 * @throws AlpacaError InvalidInput naming a tensor that is of none
 */
export function targetsOf(tensors: readonly string[], path: string): TargetModule[] {
  const found = new Set<TargetModule>();
  for (const name of tensors) {
    const layer = /^model\.layers\.\d+\.(?:self_attn|mlp)\.(\w+)\.lora_[AB]\.weight$/.exec(name)?.[1];
    const target = targetModules.find((module) => module === layer);
    if (!target) throw refused(path, `${name} is no matrix of an adapter that can be used`);
    found.add(target);
  }
  return [...found].sort();
}

/** Off are false, null, nothing, and an empty list or object. */
function isOn(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

function unsupported(path: string, field: string, value: unknown): AlpacaError {
  return refused(path, `${field} is ${JSON.stringify(value)}, which is not supported`);
}

const MERGE = 'Merge the adapter with PEFT (merge_and_unload), and use the merged model.';
const CONVERT =
  'Save it as a plain adapter of the same base (save_pretrained with path_initial_model_for_weight_conversion, the adapter as it began), or merge it with PEFT (merge_and_unload) and use the merged model.';

function refused(path: string, reason: string, remedy = MERGE): AlpacaError {
  return new AlpacaError('InvalidInput', `${path}: ${reason}.`, { remedy });
}

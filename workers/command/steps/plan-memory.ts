import type { z } from 'zod';
import type { LoraConfig } from '../../../activities/model/adapter/lora.ts';
import { paddedLength } from '../../../activities/model/batch.ts';
import type { LlamaConfig } from '../../../activities/model/folder/config.ts';
import { readConfig } from '../../../activities/model/folder/folder.ts';
import { checkLength } from '../../../activities/model/folder/given-model.ts';
import {
  type MemoryJob,
  planMemory,
  residentPeak,
} from '../../../activities/train/memory-plan/memory-plan.ts';
import { planSharded } from '../../../activities/train/memory-plan/sharded-plan.ts';
import { memoryTable, shardedTable } from '../../../activities/train/memory-plan/table.ts';
import {
  type MEMORY_SETTINGS,
  PLAN_MEMORY_OPTIONS,
  planMemorySettings,
} from '../definitions/step-options.ts';
import { modelFolder } from '../model/named-model.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `alpaca plan-memory`: what training a model takes, from its config.json alone and for rows of the greatest
 * length whose every token is a target. Training itself plans with the rows that it has.
 */
export async function planMemoryOf(
  options: Record<string, unknown> & { model: string },
  terminal: Terminal,
): Promise<void> {
  const given = schemaValues(options, planMemorySettings, PLAN_MEMORY_OPTIONS);
  const settings = parseInput(planMemorySettings, given, 'options');
  const config = await readConfig(await modelFolder(options.model));
  checkLength(settings.maxLength, config.maxPositions, options.model);
  const job = memoryJob(config, settings);
  if (settings.engine === 'torchrun') {
    const { gpus, gpuGigabytes } = settings;
    const gpuBytes = gpuGigabytes * 1e9;
    const plan = planSharded(job, gpus);
    terminal.result({ ...plan, fits: plan.all <= gpuBytes }, shardedTable(plan, gpus, gpuBytes));
    return;
  }
  const plan = planMemory(job);
  const resident = { cpu: residentPeak(plan, 'cpu'), gpu: residentPeak(plan, 'gpu') };
  terminal.result({ ...plan, resident }, memoryTable(plan));
}

/** What of its settings decides what a training takes. */
type MemorySettings = Pick<
  z.infer<typeof planMemorySettings>,
  (typeof MEMORY_SETTINGS)[number] | 'loraAlpha' | 'maxLength'
>;

/** A training whose rows all have the greatest length, and only targets. */
export function memoryJob(config: LlamaConfig, settings: MemorySettings): MemoryJob {
  const { packing, packedLength, maxLength, microBatch: rows, globalBatch, precision } = settings;
  const length = paddedLength(packing ? Math.max(packedLength, maxLength) : maxLength);
  const lora: LoraConfig = {
    rank: settings.loraRank,
    alpha: settings.loraAlpha,
    dropout: settings.loraDropout,
    targets: settings.loraTargets,
    trainedTokens: [],
    ranks: settings.loraRankPattern,
  };
  return {
    config,
    lora: settings.method === 'lora' ? lora : null,
    precision,
    activationCheckpointing: settings.activationCheckpointing,
    microBatch: { rows, length, targets: rows * length, packed: packing },
    accumulates: packing || globalBatch > rows,
  };
}

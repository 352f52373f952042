import { readFile } from 'node:fs/promises';
import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { loraOf } from '../plan/method.ts';
import { type BatchPlan, parsePlan } from '../plan/plan.ts';
import { identityOf, modelParts, type TrainingIdentity } from './identity.ts';

export type TrainedThings = Pick<
  TrainShardInput,
  'settings' | 'model' | 'tokens' | 'plan' | 'heldOutTokens' | 'addedTokens'
>;

/** A training by what it is a function of: its identity, what of the model it trains, and its batch plan. */
export async function identify(
  { settings, model, tokens, plan, heldOutTokens, addedTokens }: TrainedThings,
  store: ArtifactStore,
): Promise<{ identity: TrainingIdentity; lora: LoraConfig | null; plan: BatchPlan }> {
  const lora = await loraOf(settings, addedTokens, await store.open(model));
  const planPath = await store.open(plan);
  const planned = parsePlan(await readFile(planPath, 'utf8'), planPath);
  const { files = [] } = await store.readManifest(model);
  const digests = {
    model: model.sha256,
    tokens: tokens.sha256,
    plan: planned.digest,
    parts: modelParts(files),
    heldOut: heldOutTokens?.sha256 ?? null,
  };
  return { identity: identityOf(settings, digests, lora), lora, plan: planned };
}

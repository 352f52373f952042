import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fetchedName } from '../../workflows/contracts/data/hub.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import {
  type GgufFormat,
  ggufFormats,
  type ReleaseInput,
  type ReleaseSettings,
} from '../../workflows/contracts/release.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { FAMILIES } from '../model/families/families.ts';
import { hasWeights, readConfig } from '../model/folder/folder.ts';
import { readJsonObject, toJson } from '../model/folder/json-file.ts';
import { templateOf } from '../tokenize/template-file.ts';
import { writeGgufFolder } from './export-gguf.ts';
import { makeDifference } from './weight-difference/weight-difference.ts';

/** What a model card says of the model that its folder alone knows. */
export const trainedModel = z.strictObject({
  /**
   * the exact prompts that it was taught with, {instruction} and {input} standing for a row's fields; null for its chat
   * template
   */
  template: z.strictObject({ withInput: z.string(), withoutInput: z.string() }).nullable(),
  architecture: z.strictObject({
    /** as config.json names it, without what it is for: Llama, Qwen3 */
    name: z.string(),
    layers: z.int(),
    hiddenSize: z.int(),
    heads: z.int(),
    keyValueHeads: z.int(),
    vocabSize: z.int(),
    maxPositions: z.int(),
  }),
});
export type TrainedModel = z.infer<typeof trainedModel>;

/** The forms in which a trained model goes along, each in the release's folder of the same name. */
export type WeightsForm = ReleaseSettings['weights'][number];

/** A form without what a GGUF file of it is in. */
export type FormKind = Exclude<WeightsForm, `gguf-${GgufFormat}`> | 'gguf';

export function kindOfForm(form: WeightsForm): FormKind {
  return form === 'model' || form === 'adapter' || form === 'difference' ? form : 'gguf';
}

/** What a form's GGUF file is in; null for another form. */
export function ggufFormatOf(form: WeightsForm): GgufFormat | null {
  return ggufFormats.find((format) => form === `gguf-${format}`) ?? null;
}

/** What a run trained, and the forms that were asked for. */
interface Trained {
  run: ReleaseInput['run'];
  publication: Pick<ReleaseSettings, 'weights'>;
}

/** The same, with what is said of it. */
interface Published extends Trained {
  publication: Pick<ReleaseSettings, 'weights' | 'baseModel'>;
  /** of the release */
  name: string;
}

/** Reads the facts of a run's model; null where the run trained none or the store has it no longer. */
export async function readTrainedModel(
  store: ArtifactStore,
  run: ReleaseInput['run'],
): Promise<TrainedModel | null> {
  if (!run?.train) return null;
  const folder = await store.open(run.train.model).catch((error: unknown) => {
    if (error instanceof AlpacaError && error.code === 'NotFound') return null;
    throw error;
  });
  return folder === null ? null : describeModel(folder);
}

/** The facts of a model folder. */
export async function describeModel(folder: string): Promise<TrainedModel> {
  const { family, layers, hiddenSize, heads, keyValueHeads, vocabSize, maxPositions } =
    await readConfig(folder);
  const name = FAMILIES[family].architecture.replace(/ForCausalLM$/, '');
  return {
    template: await templateOf(folder),
    architecture: { name, layers, hiddenSize, heads, keyValueHeads, vocabSize, maxPositions },
  };
}

export const ADAPTER_CONFIG = 'adapter_config.json';

/** An adapter's config that names its base so, with its commit where it is known; with null as training wrote it. */
export async function configNaming(adapter: string, baseModel: string | null): Promise<string> {
  const { revision: _, ...config } = await readJsonObject(join(adapter, ADAPTER_CONFIG));
  const { name = null, commit = null } = baseModel === null ? {} : fetchedName(baseModel);
  return toJson({
    ...{ ...config, base_model_name_or_path: name },
    ...(commit === null ? {} : { revision: commit }),
  });
}

/** A model card is there for each form of the model, and in `model` even where no weights go along. */
export function cardForms({ run, publication }: Trained): WeightsForm[] {
  if (!run?.train) return [];
  return publication.weights.length === 0 ? ['model'] : [...new Set(publication.weights)];
}

/**
 * Checks that a run trains the model in the forms that its release is to hold.
 *
 * @throws AlpacaError InvalidInput naming the form
 */
export function requireForms(
  forms: readonly WeightsForm[],
  { isAdapted, baseHasWeights }: { isAdapted: boolean; baseHasWeights: boolean },
): void {
  if (forms.includes('adapter') && !isAdapted)
    throw unavailable('adapter', 'the run trains all weights', 'Ask for the model, or its difference.');
  if (forms.includes('difference') && !baseHasWeights)
    throw unavailable('difference', 'the base model has no weights', 'Ask for the model itself.');
}

/**
 * Writes the forms of the trained model that were asked for, each as a folder of its form's name.
 *
 * @throws AlpacaError InvalidInput where the run has no such form; NotFound where the store lacks it
 */
export async function writeWeights(
  folder: string,
  { publication, run, settings, name }: Published & { settings: AlpacaInput | null },
  store: ArtifactStore,
  attempt: Attempt,
): Promise<void> {
  const forms = new Set(publication.weights);
  if (forms.size === 0) return;
  const train = run?.train;
  if (!train) throw unavailable('weights', 'the run trained no model', 'Release them with a whole run.');
  const source = settings?.tokenize.model ?? 'builtin';
  const isNeeded = forms.has('difference') && source !== 'builtin';
  const resolved = isNeeded ? await store.resolve(source, 'model', undefined, attempt.signal) : null;
  const base = resolved === null ? null : await store.open(resolved);
  const baseHasWeights = base !== null && (await hasWeights(base));
  requireForms([...forms], { isAdapted: train.adapter !== null, baseHasWeights });
  if (forms.has('model')) await copyFolder(await store.open(train.model), join(folder, 'model'));
  for (const form of forms) {
    const format = ggufFormatOf(form);
    const out = join(folder, form);
    if (format !== null) await writeGgufFolder(await store.open(train.model), { out, form: format, name });
  }
  if (forms.has('adapter') && train.adapter !== null) {
    await copyFolder(await store.open(train.adapter), join(folder, 'adapter'));
    if (publication.baseModel !== null) await nameBase(join(folder, 'adapter'), publication.baseModel);
  }
  if (forms.has('difference') && base !== null) {
    const [tuned, out] = [await store.open(train.model), join(folder, 'difference')];
    await makeDifference({ base, tuned, out }, attempt);
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true }).catch((error) => {
    throw storageError(error, to);
  });
}

/**
 * Has an adapter's folder name its base, which PEFT's AutoPeftModel fetches.
 *
 * @throws AlpacaError where it cannot be written
 */
export async function nameBase(adapter: string, baseModel: string): Promise<void> {
  const path = join(adapter, ADAPTER_CONFIG);
  await writeFile(path, await configNaming(adapter, baseModel)).catch((error) => {
    throw storageError(error, path);
  });
}

function unavailable(form: string, why: string, remedy: string): AlpacaError {
  return new AlpacaError('InvalidInput', `The release cannot hold the ${form}: ${why}.`, { remedy });
}

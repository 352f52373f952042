import { checkGivenModel } from '../../../activities/model/folder/given-model.ts';
import { fetchedName, hubModel } from '../../../workflows/contracts/data/hub.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import { existing, exists, importSource, isPath } from '../place.ts';
import { type AtHub, modelAtHub } from './at-hub.ts';
import { fetchKnown, isModelName, knownModel } from './known-models.ts';
import { isGguf, unpacked } from './unpacked.ts';

/** True for a path or a name that is no folder and can only be a model's. */
export async function namesModel(named: string): Promise<boolean> {
  return (await exists(named)) ? isGguf(named) : isModelName(named);
}

/**
 * The folder of a model that is named by its path, by that of a GGUF file, by a short name that is known here, or as the
 * Hugging Face hub names it (OWNER/NAME[@REVISION]), from where it is fetched.
 *
 * @throws AlpacaError NotFound; InvalidInput for a GGUF that cannot be used; as `fetchModel` and `fetchKnown`
 */
export async function modelFolder(named: string): Promise<string> {
  const fetched = await fetchedModel(named);
  const path = fetched?.path ?? (await existing(named));
  return (await isGguf(path)) ? unpacked(path) : path;
}

/**
 * The same, looked at before anything of it is copied.
 *
 * @throws AlpacaError NotFound; InvalidInput where it cannot be used
 */
export async function existingModel(named: string): Promise<string> {
  const path = await modelFolder(named);
  await checkGivenModel(path);
  return path;
}

/** Brings a model that the user named into a store, as `importSource` does any path. */
export async function importModel(source: DataSource, root: string): Promise<DataSource> {
  return isPath(source) ? importSource(await modelFolder(source), 'model', root) : source;
}

/** The model of the hub, or the known one, that an input names, fetched; null for what comes from elsewhere. */
export async function fetchedModel(source: DataSource): Promise<AtHub | null> {
  if (!isPath(source) || (await exists(source))) return null;
  const known = knownModel(source);
  if (known) return fetchKnown(known);
  const named = hubModel(source);
  return named && modelAtHub(named);
}

/** What a person is told of an adapter whose config names a base that is not the one beside which it was trained; else nothing. */
export function toldOfBase(base: AtHub | null): string {
  if (base === null || fetchedName(base.name).commit !== null) return '';
  return `; it names ${base.name} as its base, and was trained beside a quantized copy: beside the hub’s weights it answers a little differently`;
}

/** The licence of what an input names, by the name that the hub has for it; null for what is not known here. */
export async function licenceOf(source: DataSource): Promise<string | null> {
  if (!isPath(source) || (await exists(source))) return null;
  return knownModel(source)?.licence ?? null;
}

import { checkGivenModel } from '../../../activities/model/folder/given-model.ts';
import { hubModel } from '../../../workflows/contracts/data/hub.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import { existing, exists, importSource, isPath } from '../place.ts';
import { type AtHub, modelAtHub } from './at-hub.ts';
import { isGguf, unpacked } from './unpacked.ts';

/** True for a path or a name that is no folder and can only be a model's. */
export async function namesModel(named: string): Promise<boolean> {
  return (await exists(named)) ? isGguf(named) : hubModel(named) !== null;
}

/**
 * The folder of a model that is named by its path, by that of a GGUF file, or as the Hugging Face hub names it
 * (OWNER/NAME[@REVISION]), from where it is fetched.
 *
 * @throws AlpacaError NotFound; InvalidInput for a GGUF that cannot be used; as `fetchModel`
 */
export async function modelFolder(named: string): Promise<string> {
  const fetched = await fetchedModel(named);
  if (fetched) return fetched.path;
  const path = await existing(named);
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

/** The model of the hub that an input names, fetched; null for what comes from elsewhere. */
export async function fetchedModel(source: DataSource): Promise<AtHub | null> {
  if (!isPath(source) || (await exists(source))) return null;
  const named = hubModel(source);
  return named && modelAtHub(named);
}

import { AlpacaError } from '../../../activities/errors.ts';
import { checkGivenModel } from '../../../activities/model/folder/given-model.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import { existing, exists, importSource, isPath } from '../place.ts';
import { isGguf, unpacked } from './unpacked.ts';

/** `OWNER/NAME`, as the Hugging Face hub names models. */
const HUB_NAME = /^[A-Za-z0-9][\w.-]*\/[\w.-]+$/;

/** True for a path or a name that is no folder and can only be a model's. */
export async function namesModel(named: string): Promise<boolean> {
  return (await exists(named)) ? isGguf(named) : HUB_NAME.test(named);
}

/**
 * The folder of a model that is named by its path, or by that of a GGUF file.
 *
 * @throws AlpacaError NotFound; InvalidInput for a GGUF that cannot be used
 */
export async function modelFolder(named: string): Promise<string> {
  if (HUB_NAME.test(named) && !(await exists(named)))
    throw new AlpacaError('NotFound', `There is no folder ${named}.`, {
      remedy: `Where it is a name at the Hugging Face hub, fetch it first: hf download ${named} --local-dir FOLDER, and name the folder.`,
    });
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

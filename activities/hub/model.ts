import { basename } from 'node:path';
import type { HubRepository } from '../../workflows/contracts/data/hub.ts';
import { isModelFile } from '../artifacts/model-files.ts';
import { AlpacaError } from '../errors.ts';
import { weightFiles } from '../model/folder/folder.ts';
import type { HubCache, HubFile } from './hub-cache.ts';
import { type Fetched, fetchFromHub, type HubAccess } from './repository.ts';

/**
 * The folder of a model of the hub, in the cache: of what is not there only what a model is made of is fetched.
 *
 * @throws AlpacaError as `fetchFromHub`; NotFound where it has no weights that are read
 */
export function fetchModel(model: HubRepository, access: HubAccess): Promise<Fetched> {
  return fetchFromHub(
    model,
    {
      async make({ cache, commit, files, fetch }) {
        const needed = neededOf(files, model.name);
        // The weights last: where they are, so is the rest.
        const isWeights = ({ path }: HubFile) => path.endsWith('.safetensors');
        for (const file of needed.filter((one) => !isWeights(one))) await fetch(file);
        for (const file of needed.filter(isWeights)) await fetch(file);
        return cache.snapshot(commit);
      },
      async inCache(cache, commit) {
        return (await isWhole(cache, commit)) ? cache.snapshot(commit) : null;
      },
    },
    access,
  );
}

// details -----------------------------------------------------------------------------------------------
const INDEX = 'model.safetensors.index.json';

/** Configuration, tokenizer and weights in one of the forms that are there; texts that tell people of them. */
function neededOf(files: readonly HubFile[], model: string): HubFile[] {
  const names = new Set(files.map(({ path }) => path));
  const isShard = (path: string) => /^model-\d+-of-\d+\.safetensors$/.test(path);
  const isWeights = (path: string) =>
    names.has('model.safetensors') ? path === 'model.safetensors' : isShard(path);
  const needed = files.filter(
    ({ path }) =>
      isModelFile(path) &&
      (!path.endsWith('.safetensors') || isWeights(path)) &&
      path !== (names.has('model.safetensors') ? INDEX : ''),
  );
  if (needed.some(({ path }) => isWeights(path))) return needed;
  const gguf = files.find(({ path }) => path.endsWith('.gguf'));
  const old = files.find(({ path }) => /^pytorch_model.*\.bin$/.test(path));
  throw new AlpacaError('NotFound', `${model} has no weights in safetensors format.`, {
    remedy: gguf
      ? `It has GGUF files: hf download ${model} ${gguf.path} --local-dir FOLDER, and name the file.`
      : old
        ? `It has ${old.path}: fetch it (hf download ${model} --local-dir FOLDER), name the folder, and the command that converts it is said.`
        : 'Name another model, or a folder that has them.',
  });
}

const TOKENIZERS = ['tokenizer.json', 'tokenizer.model', 'vocab.json'];

/** Whether a commit has all that a model needs: a fetch may have ended on its way, or have been one of weights alone. */
async function isWhole(cache: HubCache, commit: string): Promise<boolean> {
  const names = await cache.filesOf(commit);
  if (!names.includes('config.json') || !TOKENIZERS.some((name) => names.includes(name))) return false;
  const weights = await weightFiles(cache.snapshot(commit));
  return weights.length > 0 && weights.every((path) => names.includes(basename(path)));
}

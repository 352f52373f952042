import { basename } from 'node:path';
import { downloadFile, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { isModelFile } from '../../../activities/artifacts/model-files.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { weightFiles } from '../../../activities/model/folder/folder.ts';
import { hideSecret, withoutSecrets } from '../../../activities/secrets.ts';
import { HubCache, type HubFile } from './hub-cache.ts';

/** `OWNER/NAME`, or `OWNER/NAME@REVISION`: a branch, a tag or a commit. */
const HUB_NAME = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*?)(?:@([A-Za-z0-9][\w./-]*))?$/;

export interface HubModelName {
  model: string;
  revision: string;
}

/** What a text names at the hub; null for one that is no such name. */
export function hubName(text: string): HubModelName | null {
  const [, model, revision = 'main'] = HUB_NAME.exec(text) ?? [];
  return model === undefined || revision.includes('..') ? null : { model, revision };
}

/**
 * The folder of a model of the Hugging Face hub, in the cache of its libraries: what is there is not fetched again, and of
 * the rest only what a model is made of, each file held against the digest that the hub has of it.
 *
 * @param env HF_TOKEN, HF_ENDPOINT, HF_HOME, and HF_HUB_OFFLINE to ask nobody
 * @param say tells a person what is fetched
 * @throws AlpacaError NotFound, Permission for a gated model, Authentication, Configuration where the hub is away and the
 *   cache lacks the model, CorruptArtifact
 */
export async function fetchFromHub(
  { model, revision }: HubModelName,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<string> {
  const cache = new HubCache(model, env);
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/$/, '');
  const isOffline = /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? '');
  const cached = await cache.commitOf(revision);
  const fromCache = async (why: string) => {
    if (cached !== null && (await isWhole(cache, cached))) return cache.snapshot(cached);
    throw new AlpacaError('Configuration', `${model} is not in the cache of the hub, and ${why}.`, {
      remedy: 'Fetch it where there is a network, or name a folder.',
    });
  };
  if (cached === revision && (await isWhole(cache, cached))) return cache.snapshot(cached);
  if (isOffline) return fromCache('HF_HUB_OFFLINE is set');
  const access = { hubUrl: endpoint, ...tokenOf(env) };
  let gated = false;
  try {
    const info = await modelInfo({ name: model, revision, additionalFields: ['sha'], ...access });
    gated = info.gated !== false;
    const commit = info.sha;
    const repo = { type: 'model' as const, name: model };
    const files: HubFile[] = [];
    for await (const { type, path, size, oid = '', lfs } of listFiles({ repo, revision: commit, ...access }))
      if (type === 'file')
        files.push({
          ...{ path, size: lfs?.size ?? size },
          digest: lfs ? { algorithm: 'sha256', value: lfs.oid } : { algorithm: 'git', value: oid },
        });
    const have = new Set(await cache.filesOf(commit));
    for (const file of neededOf(files, model)) {
      if (have.has(file.path)) continue;
      if (file.size > LARGE_BYTES) say(`Fetching ${file.path} of ${model}, ${file.size} bytes.`);
      await cache.add(commit, file, (from) =>
        bytesFrom({ repo, path: file.path, revision: commit, ...access }, from),
      );
    }
    await cache.keepCommit(revision, commit);
    return cache.snapshot(commit);
  } catch (error) {
    if (error instanceof HubApiError) throw refusal(error, { model, revision, endpoint, gated });
    if (!isAway(error)) throw error;
    const folder = await fromCache(`${endpoint} does not answer`);
    say(`${endpoint} does not answer: ${model} is taken as the cache has it.`);
    return folder;
  }
}

// details -----------------------------------------------------------------------------------------------
const LARGE_BYTES = 10_000_000;
const INDEX = 'model.safetensors.index.json';

async function* bytesFrom(
  what: Parameters<typeof downloadFile>[0],
  from: number,
): AsyncGenerator<Uint8Array> {
  const blob = await downloadFile(what);
  if (blob === null) throw new AlpacaError('NotFound', `The hub has no ${what.path} any more.`);
  const reader = blob.slice(from).stream().getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

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

/** Whether a commit has all that a model needs: a fetch may have ended on its way. */
async function isWhole(cache: HubCache, commit: string): Promise<boolean> {
  const names = await cache.filesOf(commit);
  if (!names.includes('config.json')) return false;
  const weights = await weightFiles(cache.snapshot(commit));
  return weights.length > 0 && weights.every((path) => names.includes(basename(path)));
}

function tokenOf({ HF_TOKEN: accessToken }: NodeJS.ProcessEnv): { accessToken?: string } {
  if (!accessToken) return {};
  if (!accessToken.startsWith('hf_'))
    throw new AlpacaError('Configuration', 'HF_TOKEN is no token of the hub: these begin with hf_.', {
      remedy: 'Set it to a token of the hub, or unset it.',
    });
  hideSecret(accessToken);
  return { accessToken };
}

/** `fetch` says so of a network that fails, and of a connection that ends on its way. */
function isAway(error: unknown): boolean {
  return error instanceof TypeError && /fetch failed|terminated|network/i.test(error.message);
}

function refusal(
  error: HubApiError,
  { model, revision, endpoint, gated }: HubModelName & { endpoint: string; gated: boolean },
): AlpacaError {
  const { statusCode } = error;
  if (gated && (statusCode === 401 || statusCode === 403))
    return new AlpacaError(
      'Permission',
      `${model} is gated: its owner gives access at ${endpoint}/${model}.`,
      {
        remedy: 'Ask for it there, and set HF_TOKEN to a token of the account that has it.',
        cause: error,
      },
    );
  if (statusCode === 404 || statusCode === 401)
    return new AlpacaError(
      'NotFound',
      `There is no folder ${model}, and the hub shows no ${model}@${revision}.`,
      {
        remedy: 'Check the name. For a private model set HF_TOKEN to a token that may read it.',
        cause: error,
      },
    );
  return new AlpacaError(
    'Configuration',
    `The hub refused ${model} (${statusCode}): ${withoutSecrets(error.message)}`,
    { remedy: 'Try again later, or name a folder.', cause: error },
  );
}

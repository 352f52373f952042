import { datasetInfo, downloadFile, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import type { HubRepository } from '../../workflows/contracts/data/hub.ts';
import { AlpacaError } from '../errors.ts';
import { hideSecret, withoutSecrets } from '../secrets.ts';
import { HubCache, type HubFile } from './hub-cache.ts';

/** What a fetch goes by. */
export interface HubAccess {
  /** HF_TOKEN, HF_ENDPOINT, HF_HOME, and HF_HUB_OFFLINE to ask nobody */
  env: NodeJS.ProcessEnv;
  /** tells a person what is fetched */
  say(line: string): void;
  /** ends it; what is there of a file stays for the next time */
  signal?: AbortSignal;
}

/** A repository at a commit that the hub has. */
export interface AtCommit {
  commit: string;
  cache: HubCache;
  /** all of its files */
  files: readonly HubFile[];
  /** brings a file into the cache where it is not there yet; its path in the commit's folder */
  fetch(file: HubFile): Promise<string>;
}

/** What is wanted of a repository. */
export interface Wanted {
  /** fetches what it needs, and gives the path of what came of it */
  make(repository: AtCommit): Promise<string>;
  /** the path of the same where the cache has all of it; null where it has not */
  inCache(cache: HubCache, commit: string): Promise<string | null>;
}

/** The path of what was wanted, and the commit that it is of. */
export interface Fetched {
  path: string;
  commit: string;
}

/**
 * Brings what is wanted of a repository of the Hugging Face hub into the cache of its libraries: what is there is not
 * fetched again, and each file is held against the digest that the hub has of it. A commit that is there needs no hub.
 *
 * @throws AlpacaError NotFound, Permission for a gated repository, HubAway where the hub does not answer and the cache
 *   lacks what is wanted, Configuration where nobody may be asked, CorruptArtifact; and what `wanted` throws
 */
export async function fetchFromHub(
  repository: HubRepository,
  wanted: Wanted,
  access: HubAccess,
): Promise<Fetched> {
  const { name, revision } = repository;
  const { env, say } = access;
  const cache = new HubCache(repository, env);
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/$/, '');
  const cached = await cache.commitOf(revision);
  const fromCache = async () => {
    const path = cached === null ? null : await wanted.inCache(cache, cached);
    return cached === null || path === null ? null : { path, commit: cached };
  };
  const there = cached === revision ? await fromCache() : null;
  if (there) return there;
  if (/^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? '')) {
    const found = await fromCache();
    if (found) return found;
    throw new AlpacaError(
      'Configuration',
      `${name} is not in the cache of the hub, and HF_HUB_OFFLINE is set.`,
      {
        remedy: 'Fetch it where there is a network, or name a folder or a file.',
      },
    );
  }
  const hub = hubAt(endpoint, access);
  const about = { gated: false };
  try {
    const { commit, gated } = await hub.commitOf(repository);
    about.gated = gated;
    const files = await hub.filesOf(repository, commit);
    const fetch = (file: HubFile) => {
      if (file.size > LARGE_BYTES) say(`Fetching ${file.path} of ${name}, ${file.size} bytes.`);
      return cache.add(commit, file, (from) => hub.bytesOf(repository, commit, file, from));
    };
    const path = await wanted.make({ commit, cache, files, fetch });
    await cache.keepCommit(revision, commit);
    return { path, commit };
  } catch (error) {
    if (error instanceof HubApiError) throw refusal(error, repository, { endpoint, ...about });
    if (access.signal?.aborted) throw access.signal.reason;
    if (!isAway(error)) throw error;
    const found = await fromCache();
    if (found === null)
      throw new AlpacaError(
        'HubAway',
        `${name} is not in the cache of the hub, and ${endpoint} does not answer.`,
        {
          remedy: 'Try again: what has come of a file is kept.',
          cause: error,
        },
      );
    say(`${endpoint} does not answer: ${name} is taken as the cache has it.`);
    return found;
  }
}

// details -----------------------------------------------------------------------------------------------
const LARGE_BYTES = 10_000_000;

function hubAt(hubUrl: string, { env, signal }: HubAccess) {
  const untilSignal: typeof fetch = (url, init) => fetch(url, { ...init, ...(signal && { signal }) });
  const access = { hubUrl, fetch: untilSignal, ...tokenOf(env) };
  return {
    async commitOf({ type, name, revision }: HubRepository): Promise<{ commit: string; gated: boolean }> {
      const asked = { name, revision, ...access };
      const { sha, gated } =
        type === 'model'
          ? await modelInfo({ ...asked, additionalFields: ['sha'] })
          : await datasetInfo({ ...asked, additionalFields: ['sha'] });
      return { commit: sha, gated: gated !== false };
    },
    async filesOf({ type, name }: HubRepository, revision: string): Promise<HubFile[]> {
      const files: HubFile[] = [];
      const asked = { repo: { type, name }, revision, recursive: type === 'dataset', ...access };
      for await (const { type: kind, path, size, oid = '', lfs } of listFiles(asked))
        if (kind === 'file')
          files.push({
            ...{ path, size: lfs?.size ?? size },
            digest: lfs ? { algorithm: 'sha256', value: lfs.oid } : { algorithm: 'git', value: oid },
          });
      return files;
    },
    async *bytesOf(
      { type, name }: HubRepository,
      revision: string,
      { path }: HubFile,
      from: number,
    ): AsyncGenerator<Uint8Array> {
      const blob = await downloadFile({ repo: { type, name }, path, revision, ...access });
      if (blob === null) throw new AlpacaError('NotFound', `The hub has no ${path} any more.`);
      const reader = blob.slice(from).stream().getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    },
  };
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
  { type, name, revision }: HubRepository,
  { endpoint, gated }: { endpoint: string; gated: boolean },
): AlpacaError {
  const { statusCode } = error;
  const page = `${endpoint}/${type === 'dataset' ? 'datasets/' : ''}${name}`;
  if (gated && (statusCode === 401 || statusCode === 403))
    return new AlpacaError('Permission', `${name} is gated: its owner gives access at ${page}.`, {
      remedy: 'Ask for it there, and set HF_TOKEN to a token of the account that has it.',
      cause: error,
    });
  if (statusCode === 404 || statusCode === 401)
    return new AlpacaError(
      'NotFound',
      `${type === 'model' ? `There is no folder ${name}, and the` : 'The'} hub shows no ${type === 'model' ? '' : 'data set '}${name}@${revision}.`,
      {
        remedy: 'Check the name. For a private one set HF_TOKEN to a token that may read it.',
        cause: error,
      },
    );
  const what = `The hub refused ${name} (${statusCode}): ${withoutSecrets(error.message)}`;
  return statusCode === 429 || statusCode >= 500
    ? new AlpacaError('HubAway', what, { remedy: 'Try again later.', cause: error })
    : new AlpacaError('Configuration', what, { remedy: 'Name a folder or a file.', cause: error });
}

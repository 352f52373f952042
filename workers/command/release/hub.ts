import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { createRepo, HubApiError, repoExists, uploadFiles } from '@huggingface/hub';
import { digestOf } from '../../../activities/artifacts/digest.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { hideSecret, withoutSecrets } from '../../../activities/secrets.ts';
import { UsageError } from '../outcome.ts';

/** Uploads to a Hugging Face hub, by its own client, with the token of the environment. */
export interface Hub {
  /**
   * Brings every file of a folder into a repository in one commit; a repository that is not there is made.
   *
   * @returns where the commit can be looked at
   * @throws AlpacaError Authentication, Permission, NotFound or Configuration
   */
  upload(folder: string, type: 'dataset' | 'model', repository: string): Promise<string>;
}

/** The hub's own names: an owner and a name. */
const REPOSITORY = /^[\w][\w.-]*\/[\w][\w.-]*$/;

/**
 * @param env `HF_TOKEN`, and `HF_ENDPOINT` for another hub than huggingface.co
 * @param options what was asked for on the command line: checked before any work is done
 * @throws UsageError for a name that is none; AlpacaError Configuration where the token is not set
 */
export function openHub(
  env: NodeJS.ProcessEnv,
  options: { upload?: string; uploadModel?: string; public?: boolean },
  signal: AbortSignal,
): Hub {
  for (const name of [options.upload, options.uploadModel])
    if (name !== undefined && !REPOSITORY.test(name))
      throw new UsageError(`${name} is no repository of the hub: give OWNER/NAME.`);
  const accessToken = env.HF_TOKEN;
  if (!accessToken?.startsWith('hf_'))
    throw new AlpacaError(
      'Configuration',
      accessToken ? 'HF_TOKEN is no token of the hub: these begin with hf_.' : 'An upload needs a token.',
      { remedy: 'Set HF_TOKEN to a token of the hub that may write to the repository.' },
    );
  hideSecret(accessToken);
  const access = {
    accessToken,
    fetch: withoutRedirects,
    ...(env.HF_ENDPOINT ? { hubUrl: env.HF_ENDPOINT.replace(/\/$/, '') } : {}),
  };
  return {
    async upload(folder, type, name) {
      const repo = { type, name };
      try {
        if (!(await repoExists({ repo, ...access })))
          await createRepo({ repo, visibility: options.public ? 'public' : 'private', ...access });
        const made = await uploadFiles({
          repo,
          ...access,
          files: await filesOf(folder),
          commitTitle: 'Release by alpaca-temporal',
          abortSignal: signal,
        });
        return made?.commit.url ?? name;
      } catch (error) {
        throw hubError(error, name);
      }
    },
  };
}

/** A hub that sends its visitors elsewhere would have the token, and the release, sent there too. */
const withoutRedirects: typeof fetch = (url, init) => fetch(url, { ...init, redirect: 'manual' });

/** Files are read as they are sent: a model need not fit into memory. */
async function filesOf(folder: string): Promise<{ path: string; content: Blob }[]> {
  const { files = [] } = await digestOf(folder);
  return Promise.all(
    files.map(async ({ path }) => ({ path, content: await openAsBlob(join(folder, path)) })),
  );
}

function hubError(error: unknown, repository: string): unknown {
  if (!(error instanceof HubApiError)) return error;
  const { statusCode } = error;
  const message = withoutSecrets(error.message);
  const what = `The hub refused the upload to ${repository} (${statusCode}): ${message}`;
  if (statusCode >= 300 && statusCode < 400)
    return new AlpacaError('Configuration', `The hub sends the upload to ${repository} elsewhere.`, {
      remedy: 'Nothing was sent there. Name the repository, and HF_ENDPOINT, as they are called now.',
      cause: error,
    });
  if (statusCode === 401)
    return new AlpacaError('Authentication', what, { remedy: 'Check HF_TOKEN.', cause: error });
  if (statusCode === 403)
    return new AlpacaError('Permission', what, {
      remedy: 'Use a token that may write to this owner’s repositories.',
      cause: error,
    });
  return new AlpacaError(statusCode === 404 ? 'NotFound' : 'Configuration', what, {
    remedy: 'Nothing was committed: the release is in the folder, and can be uploaded again.',
    cause: error,
  });
}

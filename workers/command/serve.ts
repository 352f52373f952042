import { basename } from 'node:path';
import { startLog } from '../../activities/log.ts';
import { DEFAULT_RUN_SEED } from '../../workflows/contracts/run.ts';
import { port } from '../listening.ts';
import { serveModels, type Taught } from '../serve/models.ts';
import { readServeAccess } from '../serve/serve-configuration.ts';
import { startModelServer } from '../serve/server.ts';
import { taughtBy } from '../serve/taught-rows.ts';
import { namesModel } from './model/named-model.ts';
import { Interrupted, UsageError } from './outcome.ts';
import { modelOf, runIn } from './run/candidates.ts';
import type { Terminal } from './terminal.ts';

export interface ServeCommandOptions {
  model: string[];
  host: string;
  port: string;
}

/**
 * `alpaca serve`: an OpenAI-compatible server of models, with the chat page, until Ctrl-C.
 *
 * @throws Interrupted once that has ended it, as `alpaca up` does.
 */
export async function serve(
  options: ServeCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const checkedPort = port.safeParse(options.port);
  if (!checkedPort.success)
    throw new UsageError(`--port ${options.port} is no port: give a number from 0 to 65535.`);
  const { folders, taught } = await namedModels(options.model.length === 0 ? ['builtin'] : options.model);
  const access = readServeAccess();
  startLog('warn');
  // The models outlive the first Ctrl-C by as long as the server takes to close.
  const opening = { seed: DEFAULT_RUN_SEED, signal: new AbortController().signal };
  const models = await serveModels(folders, opening, taught);
  try {
    const server = await startModelServer({ models, host: options.host, port: checkedPort.data, ...access });
    const names = await models.names();
    terminal.result(
      { url: server.url, baseUrl: `${server.url}/v1`, models: names },
      `${names.join(', ')} at ${server.url} (chat page), ${server.url}/v1 (OpenAI-compatible); Ctrl-C ends it`,
    );
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await server.close();
  } finally {
    await models.close();
  }
  throw new Interrupted('The server has ended.');
}

/** `NAME=FOLDER`, or a folder that is named after itself; a model of the hub has its name there, without the owner's. */
async function namedModels(given: readonly string[]) {
  const folders = new Map<string, string>();
  const taught = new Map<string, Taught>();
  for (const text of given) {
    const [, name, path] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(text) ?? [];
    const folder = path ?? text;
    const found = await modelOf(folder);
    const isName = folder === 'builtin' || (await namesModel(folder));
    const key = name ?? basename(isName ? folder : found);
    if (folders.has(key))
      throw new UsageError(`Two models are called ${key}: name them, as in --model NAME=${folder}.`);
    folders.set(key, found);
    const workflowId = runIn(folder);
    if (workflowId !== null) taught.set(key, await taughtByRun(workflowId));
  }
  return { folders, taught };
}

/** As the GPU worker's server tells it; nothing where the rows are in the store no more. */
async function taughtByRun(workflowId: string): Promise<Taught> {
  const { lookUpRun } = await import('./runs.ts');
  const { nullIfUnknown } = await import('../serve/run-models.ts');
  const { run, store } = await lookUpRun(workflowId);
  return (await taughtBy(run, store).catch(nullIfUnknown)) ?? { takesConversations: false, examples: [] };
}

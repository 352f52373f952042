import {
  type FetchedFromHub,
  type HubActivities,
  type HubFetch,
  type HubRepository,
  type HubRows,
  hubModel,
} from '../../workflows/contracts/data/hub.ts';
import { runAttempt } from '../activity-attempt.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { log } from '../log.ts';
import { checkGivenModel } from '../model/folder/given-model.ts';
import { fetchRows, readHubRows } from './data-set.ts';
import { fetchModel } from './model.ts';
import type { Fetched, HubAccess } from './repository.ts';

export interface HubDependencies {
  env: NodeJS.ProcessEnv;
  /** whose models and data sets may be fetched; '*' for all; of nobody, where it is empty */
  owners: readonly string[];
  /** the worker's store, reading what is beneath a folder or the file itself too */
  storeReading(path: string): ArtifactStore;
}

/** The worker's part of names of the hub in an input. */
export function createHubActivities(dependencies: HubDependencies): HubActivities {
  return {
    fetchFromHub: (wanted) => runAttempt((attempt) => fetchIntoStore(wanted, dependencies, attempt)),
  };
}

/**
 * Brings what an input names at the hub into the store, with its commit. A model is looked at before it is copied.
 *
 * @throws AlpacaError Permission where this worker may not fetch of the owner; as `fetchModel` and `fetchRows`
 */
export async function fetchIntoStore(
  { source, kind }: HubFetch,
  { env, owners, storeReading }: HubDependencies,
  { signal, report }: Attempt,
): Promise<FetchedFromHub> {
  const named = kind === 'model' ? readHubModel(source) : readHubRows(source);
  requireAllowed(source, named.name, owners);
  const say = (note: string) => {
    log.info(note);
    report({ done: 0, total: 0, unit: 'bytes', note });
  };
  const { path, commit, part } = await fetchNamed(named, { env, say, signal });
  const reference = await storeReading(path).resolve(path, kind, undefined, signal);
  return { reference, name: `${named.name}@${commit}${part === null ? '' : `#${part}`}` };
}

async function fetchNamed(
  named: HubRepository | HubRows,
  access: HubAccess,
): Promise<Fetched & { part: string | null }> {
  if ('part' in named) return { ...(await fetchRows(named, access)), part: named.part };
  const fetched = await fetchModel(named, access);
  await checkGivenModel(fetched.path);
  return { ...fetched, part: null };
}

function readHubModel(source: string): HubRepository {
  const named = hubModel(source);
  if (named) return named;
  throw new AlpacaError('InvalidInput', `${source} is no name of a model of the hub.`, {
    remedy: 'Expected hf:OWNER/NAME, with @REVISION where it is needed.',
  });
}

function requireAllowed(source: string, name: string, owners: readonly string[]): void {
  const [owner = ''] = name.split('/');
  if (owners.includes('*') || owners.includes(owner)) return;
  throw new AlpacaError('Permission', `This worker fetches nothing of ${owner} from the hub: ${source}.`, {
    remedy: `Set ALPACA_HUB_OWNERS of the data worker to ${[...owners, owner].join(',')} (or * for everybody), or start the run by \`npx alpaca run\`, which fetches it where it is started.`,
  });
}

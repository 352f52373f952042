import type { HubAccess } from '../../../activities/hub/repository.ts';
import type { HubRepository } from '../../../workflows/contracts/data/hub.ts';
import { writeLine } from '../terminal.ts';

/** What asks the hub is loaded where it is asked: most commands ask it nothing. */

/** As this process may ask the hub, a person reading. */
export const ACCESS: HubAccess = { env: process.env, say: (line) => writeLine(process.stderr, line) };

/** What the hub has of a name, on this machine, and how a release names it. */
export interface AtHub {
  path: string;
  /** OWNER/NAME@COMMIT, with #PART of a data set */
  name: string;
}

/** @throws AlpacaError as `fetchModel` */
export async function modelAtHub(model: HubRepository, access: HubAccess = ACCESS): Promise<AtHub> {
  const { fetchModel } = await import('../../../activities/hub/model.ts');
  const { path, commit } = await fetchModel(model, access);
  return { path, name: `${model.name}@${commit}` };
}

/**
 * The rows that `hf:OWNER/NAME[@REVISION][#PART]` names, as one file of JSON lines.
 *
 * @throws AlpacaError InvalidInput for what is no such name; as `fetchRows`
 */
export async function rowsAtHub(source: string): Promise<AtHub> {
  const { fetchRows, readHubRows } = await import('../../../activities/hub/data-set.ts');
  const rows = readHubRows(source);
  const { path, commit } = await fetchRows(rows, ACCESS);
  return { path, name: `${rows.name}@${commit}${rows.part === null ? '' : `#${rows.part}`}` };
}

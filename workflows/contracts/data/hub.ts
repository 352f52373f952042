import type { ArtifactReference } from '../data.ts';

/** How models and data sets of the Hugging Face hub are named. */

/** A model or a data set of the hub, at a branch, a tag or a commit. */
export interface HubRepository {
  type: 'model' | 'dataset';
  /** OWNER/NAME */
  name: string;
  revision: string;
}

/** Rows of a data set: `part` is a configuration, a split, both, a folder or a file; null for what it has alone. */
export interface HubRows extends HubRepository {
  part: string | null;
}

const REPOSITORY = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*?)(?:@([A-Za-z0-9][\w./-]*))?(?:#(.+))?$/;
const PREFIX = 'hf:';

/** True of a source that is named as one of the hub (`hf:…`), well or not. */
export function isOfHub(source: unknown): source is string {
  return typeof source === 'string' && source.startsWith(PREFIX);
}

/** What `OWNER/NAME[@REVISION]`, with `hf:` before it or without, names; null for what is no such name. */
export function hubModel(text: string): HubRepository | null {
  const named = read(isOfHub(text) ? text.slice(PREFIX.length) : text);
  return named && named.part === null ? { type: 'model', name: named.name, revision: named.revision } : null;
}

/** What `hf:OWNER/NAME[@REVISION][#PART]` names; null for what is no such name. */
export function hubRows(text: string): HubRows | null {
  const named = isOfHub(text) ? read(text.slice(PREFIX.length)) : null;
  return named && { type: 'dataset', ...named };
}

function read(text: string): Omit<HubRows, 'type'> | null {
  const [, name, revision = 'main', part = null] = REPOSITORY.exec(text) ?? [];
  return name === undefined || revision.includes('..') ? null : { name, revision, part };
}

/** How a release names what came from the hub: `OWNER/NAME`, with `@` and the commit, and `#` and the part of a data set. */
export const FETCHED_NAME = /^[\w.-]+(\/[\w.-]+)?(@[0-9a-f]{40})?(#[^\n]{1,500})?$/;

/** The name alone, as the hub's cards have it, and the rest as text for people. */
export function fetchedName(fetched: string): { name: string; commit: string | null; part: string | null } {
  const [, name = fetched, commit = null, part = null] =
    /^([^@#]+)(?:@([^#]+))?(?:#(.*))?$/.exec(fetched) ?? [];
  return { name, commit, part };
}

/** What a worker is asked for that may fetch. */
export interface HubFetch {
  /** `hf:…` */
  source: string;
  kind: 'model' | 'rows';
}

export interface FetchedFromHub {
  reference: ArtifactReference;
  /** as `FETCHED_NAME` has it, with its commit */
  name: string;
}

export interface HubActivities {
  fetchFromHub(wanted: HubFetch): Promise<FetchedFromHub>;
}

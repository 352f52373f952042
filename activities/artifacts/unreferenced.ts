import { AlpacaError } from '../errors.ts';
import type { ArtifactManifest, ArtifactStore } from './store.ts';
import { artifactDigests } from './uri.ts';

/**
 * What nothing refers to any more. An artifact is kept where it is a root, or where one that is kept names
 * it: in its manifest (what it was made from) or in its own text (a pool names its segments). Which are the
 * roots is the caller's to say; a release always is one, and so is what is younger than `youngerThan`, for a
 * step may be about to refer to it.
 */
export interface PruneRule {
  /** digests that runs refer to */
  roots: ReadonlySet<string>;
  /** milliseconds since 1970: what was made later stays */
  youngerThan: number;
}

/** Text larger than this names no artifacts: rows, tokens and weights do not, and need not be read. */
const LARGEST_TEXT_BYTES = 16 << 20;

export async function divideByReference(
  store: Pick<ArtifactStore, 'listManifests' | 'readPart'>,
  rule: PruneRule,
): Promise<{ kept: Set<string>; unreferenced: ArtifactManifest[] }> {
  const manifests = await store.listManifests();
  const waiting = manifests.filter((manifest) => isRoot(manifest, rule)).map(digestOfManifest);
  const bySha = new Map<string, ArtifactManifest[]>();
  for (const manifest of manifests) {
    const digest = digestOfManifest(manifest);
    bySha.set(digest, [...(bySha.get(digest) ?? []), manifest]);
  }
  const kept = new Set<string>();
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (kept.has(digest)) continue;
    kept.add(digest);
    for (const manifest of bySha.get(digest) ?? []) waiting.push(...(await digestsNamedBy(store, manifest)));
  }
  const unreferenced = manifests.filter((manifest) => !kept.has(digestOfManifest(manifest)));
  return { kept, unreferenced };
}

function isRoot(manifest: ArtifactManifest, { roots, youngerThan }: PruneRule): boolean {
  const [kind] = manifest.reference.uri.slice('artifact://'.length).split('/');
  return (
    kind === 'release' ||
    roots.has(digestOfManifest(manifest)) ||
    Date.parse(manifest.createdAt) > youngerThan
  );
}

function digestOfManifest({ reference }: ArtifactManifest): string {
  return reference.sha256;
}

async function digestsNamedBy(
  store: Pick<ArtifactStore, 'readPart'>,
  { reference, files, ...about }: ArtifactManifest,
): Promise<string[]> {
  const named = artifactDigests(JSON.stringify(about));
  const parts = files ?? [{ path: '', bytes: reference.bytes }];
  for (const { path, bytes } of parts) {
    if (!/\.(json|jsonl|md)$/.test(path || reference.uri) || bytes > LARGEST_TEXT_BYTES) continue;
    const text = await store.readPart(reference, path).catch(emptyWhereAbsent);
    named.push(...artifactDigests(text.toString('utf8')));
  }
  return named;
}

function emptyWhereAbsent(error: unknown): Buffer {
  if (error instanceof AlpacaError && error.code === 'NotFound') return Buffer.alloc(0);
  throw error;
}

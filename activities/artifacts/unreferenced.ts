import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactManifest } from './store.ts';
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

/** @param root of the store */
export async function divideByReference(
  root: string,
  rule: PruneRule,
): Promise<{ kept: Set<string>; unreferenced: ArtifactManifest[] }> {
  const manifests = await readManifests(root);
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
    for (const manifest of bySha.get(digest) ?? []) waiting.push(...(await digestsNamedBy(root, manifest)));
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

async function digestsNamedBy(root: string, manifest: ArtifactManifest): Promise<string[]> {
  const path = join(root, 'artifacts', manifest.reference.uri.slice('artifact://'.length));
  const named = artifactDigests(JSON.stringify(manifest));
  const texts = manifest.files ? manifest.files.map((file) => join(path, file.path)) : [path];
  for (const text of texts) {
    if (!/\.(json|jsonl|md)$/.test(text)) continue;
    const size = await stat(text).then(
      (found) => found.size,
      () => 0,
    );
    if (size > 0 && size <= LARGEST_TEXT_BYTES) named.push(...artifactDigests(await readFile(text, 'utf8')));
  }
  return named;
}

async function readManifests(root: string): Promise<ArtifactManifest[]> {
  const home = join(root, 'artifacts');
  const found: ArtifactManifest[] = [];
  for (const kind of await namesIn(home)) {
    for (const digest of await namesIn(join(home, kind))) {
      // What a killed process was writing, or deleting.
      if (digest.endsWith('.partial')) continue;
      const text = await readFile(join(home, kind, digest, 'manifest.json'), 'utf8').catch(() => null);
      if (text !== null) found.push(JSON.parse(text) as ArtifactManifest);
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

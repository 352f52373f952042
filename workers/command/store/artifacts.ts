import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { existingModel } from '../model/named-model.ts';
import { isGguf, unpacked } from '../model/unpacked.ts';
import { existing, importSource, openStore, storePlace } from '../place.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `alpaca import FILE`: brings a file or folder into the store, a GGUF file as a model's folder, for an input to name by its
 * uri. A model is looked at before it is copied, and may be named as the hub names it.
 */
export async function importFile(named: string, kind: string, terminal: Terminal): Promise<void> {
  const path = kind === 'model' ? await existingModel(named) : await existing(named);
  const source = (await isGguf(path)) ? await unpacked(path) : path;
  const reference = (await importSource(source, kind, storePlace())) as ArtifactReference;
  terminal.result(reference, reference.uri);
}

/** `alpaca artifacts`: what the store holds, newest last. */
export async function listArtifacts(kind: string | undefined, terminal: Terminal): Promise<void> {
  const found = await openStore().listManifests(kind);
  found.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const lines = found.map(
    ({ createdAt, madeBy, files, reference: { bytes, rows, uri } }) =>
      `${createdAt}  ${madeBy.padEnd(9)} ${String(bytes).padStart(12)} bytes ${String(rows || '-').padStart(8)} ${files ? 'files' : 'rows '}  ${uri}`,
  );
  terminal.result(found, lines.length > 0 ? lines.join('\n') : 'The store is empty.');
}

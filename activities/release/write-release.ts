import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storageError } from '../errors.ts';
import { datasetCard } from './dataset-card.ts';
import { type ReleasedFile, releaseManifest } from './manifest.ts';
import type { ReleaseContents } from './release-contents.ts';

/** The recipe's own name for its data. */
export const DATA_FILE = 'alpaca_data.json';

/**
 * Writes the folder that a person publishes:
 *
 *   alpaca_data.json             the recipe's file: a JSON array, four spaces, instruction, input, output
 *   alpaca_data_similarity.json  the same rows with their nearest neighbours, where dedupe measured them
 *   provenance.jsonl             for each row, the request, prompt and segment that it came from
 *   README.md                    the dataset card
 *   LICENSE                      what the releaser says of the licence
 *   manifest.json                run, settings, digests
 *
 * The folder must not exist. Equal contents give equal bytes.
 */
export async function writeRelease(
  folder: string,
  contents: ReleaseContents,
  similarity: Iterable<unknown> | AsyncIterable<unknown> | null,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const recipeRows = contents.rows.map(({ instruction, input, output }) => ({ instruction, input, output }));
  await writeJsonArray(join(folder, DATA_FILE), recipeRows);
  if (similarity) await writeJsonArray(join(folder, 'alpaca_data_similarity.json'), similarity);
  await writeText(
    join(folder, 'provenance.jsonl'),
    contents.rows.map(({ provenance }, row) => `${JSON.stringify({ row, ...provenance })}\n`),
  );
  await writeText(join(folder, 'README.md'), [datasetCard(contents)]);
  await writeText(join(folder, 'LICENSE'), [licenceNote(contents)]);
  const manifest = releaseManifest(contents, await listFiles(folder));
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Writes a JSON array row by row: what `JSON.stringify(rows, null, 4)` gives, and a newline. */
export async function writeJsonArray(
  path: string,
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<void> {
  async function* pieces() {
    let first = true;
    for await (const row of rows) {
      yield `${first ? '[' : ','}\n${JSON.stringify(row, null, 4).replace(/^/gm, '    ')}`;
      first = false;
    }
    yield first ? '[]\n' : '\n]\n';
  }
  await writeText(path, pieces());
}

async function writeText(path: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  await pipeline(Readable.from(pieces), createWriteStream(path, { flags: 'wx' })).catch((error) => {
    throw storageError(error, path);
  });
}

function licenceNote({ name, licence }: ReleaseContents): string {
  return `The data "${name}" is released under: ${licence}\n\nThe rows are machine-made. Check the terms of the teacher's provider before using them to train models.\n`;
}

async function listFiles(folder: string): Promise<ReleasedFile[]> {
  const files: ReleasedFile[] = [];
  for (const path of (await readdir(folder)).sort()) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, path)) as AsyncIterable<Buffer>)
      hash.update(chunk);
    files.push({ path, sha256: hash.digest('hex'), bytes: (await stat(join(folder, path))).size });
  }
  return files;
}

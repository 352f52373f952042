import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { digestOf, type TreeFile } from '../../artifacts/digest.ts';
import { writeGgufFolder } from '../export-gguf.ts';
import {
  ADAPTER_CONFIG,
  configNaming,
  describeModel,
  ggufFormatOf,
  type WeightsForm,
} from '../trained-model.ts';
import { readRecord } from '../weight-difference/weight-difference.ts';
import { type Finding, notCheckable, unequal, unless } from './claims.ts';
import type { OpenedRelease } from './opened-release.ts';

/** The model in each form that goes along is the one that the run trained, and is as the manifest says. */
export async function checkModel({ folder, manifest, contents }: OpenedRelease): Promise<Finding> {
  const { run, publication } = contents;
  if (!run?.train) return notCheckable('the run trained no model');
  if (publication.weights.length === 0) return notCheckable('no weights go along with the release');
  const { model, adapter } = run.train;
  const pairs: [string, string | null, string | null][] = [];
  const files = publication.weights.filter((form) => ggufFormatOf(form) !== null);
  const stored = publication.weights.filter((form) => ggufFormatOf(form) === null);
  if (files.length > 0 && !stored.includes('model'))
    return notCheckable('a GGUF file is held against the folder of the model, which does not go along');
  for (const form of stored) {
    const expected = form === 'adapter' ? (adapter?.sha256 ?? null) : model.sha256;
    pairs.push([`the digest of ${form}/`, await digestOfForm(join(folder, form), form), expected]);
  }
  const differences = unequal(pairs);
  if (publication.weights.includes('model')) {
    const described = await describeModel(join(folder, 'model'));
    if (!isDeepStrictEqual(described, manifest.model))
      differences.push('template or architecture of model/ are others than in the manifest');
  }
  differences.push(...(await differingGguf(folder, files, contents.name)));
  return unless(differences, `${publication.weights.join(', ')}: what the run trained`);
}

/** GGUF files that are not what the model beside them is exported as. */
async function differingGguf(folder: string, forms: readonly WeightsForm[], name: string): Promise<string[]> {
  const differing: string[] = [];
  for (const given of forms) {
    const form = ggufFormatOf(given);
    if (form === null) continue;
    const scratch = await mkdtemp(join(tmpdir(), 'alpaca-reproduce-'));
    try {
      const { file } = await writeGgufFolder(join(folder, 'model'), { out: scratch, form, name });
      const found = await digestOf(join(folder, given, file));
      if (found.sha256 !== (await digestOf(join(scratch, file))).sha256)
        differing.push(`${given}/${file} is not the model in model/`);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  return differing;
}

/** The digest of what the run stored: without the card that the release put beside it, and the name of the base. */
async function digestOfForm(path: string, form: string): Promise<string> {
  if (form === 'difference') {
    const { recovered } = await readRecord(path);
    return digestOfTree(recovered);
  }
  const { files = [] } = await digestOf(path);
  const stored = files.filter((file) => file.path !== 'README.md');
  return digestOfTree(form === 'adapter' ? await withoutBaseName(stored, path) : stored);
}

/** A release names the base in the adapter's config, which training did not. */
async function withoutBaseName(files: readonly TreeFile[], path: string): Promise<TreeFile[]> {
  const text = await configNaming(path, null);
  const written = {
    sha256: createHash('sha256').update(text).digest('hex'),
    bytes: Buffer.byteLength(text),
  };
  return files.map((file) => (file.path === ADAPTER_CONFIG ? { ...file, ...written } : file));
}

/** As the store has it of a folder. */
function digestOfTree(files: readonly TreeFile[]): string {
  const listed = files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes }));
  return createHash('sha256').update(JSON.stringify(listed)).digest('hex');
}

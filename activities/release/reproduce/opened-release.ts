import { join } from 'node:path';
import { z } from 'zod';
import { type DataRow, dataRowOrSeedTask, provenance } from '../../../workflows/contracts/data.ts';
import { describeIssue } from '../../../workflows/decisions/issue-text.ts';
import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { MOST_RECORD_BYTES, readGiven } from '../../artifacts/given.ts';
import { readRows } from '../../artifacts/rows.ts';
import { AlpacaError } from '../../errors.ts';
import { type ReleaseManifest, releaseManifest } from '../manifest.ts';
import { PAIRS_FILE } from '../preference-file.ts';
import { type CardContents, cardContents } from '../release-contents.ts';
import { SPLIT_NAMES } from '../splits.ts';
import { DATA_FILE, MANIFEST_FILE, PROVENANCE_FILE, SIMILARITY_FILE } from '../write-release.ts';

/** A release whose manifest and rows could be read. */
export interface OpenedRelease {
  folder: string;
  manifest: ReleaseManifest;
  contents: CardContents;
}

/** @throws AlpacaError NotFound, or InvalidInput naming the field that is wrong */
export async function readManifest(folder: string): Promise<{ manifest: ReleaseManifest; raw: object }> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readGiven(path, { most: MOST_RECORD_BYTES }).catch((error: unknown) => {
    if (!(error instanceof AlpacaError) || error.code !== 'NotFound') throw error;
    throw new AlpacaError('NotFound', `${folder} is no release: it has no ${MANIFEST_FILE}.`, {
      remedy: 'Name a folder that `alpaca release` wrote.',
    });
  });
  const raw = parseObject(String(text), path);
  const checked = releaseManifest.safeParse(raw);
  if (checked.success) return { manifest: checked.data, raw };
  const [issue] = checked.error.issues;
  throw notInForm(path, issue ? describeIssue(issue, raw, 'the manifest') : 'wrong shape');
}

/**
 * Reads the rows with where they came from.
 *
 * @throws AlpacaError NotFound, or InvalidInput naming the row
 */
export async function openRelease(folder: string, manifest: ReleaseManifest): Promise<OpenedRelease> {
  const { name, licence, publication, model, run } = manifest;
  const contents = cardContents({
    name,
    licence,
    publication,
    rows: await readReleasedRows(folder),
    run: run && { workflowId: run.workflowId, runId: run.runId, input: run.settings, ...run.steps },
    hasSimilarity: manifest.files.some(({ path }) => path === SIMILARITY_FILE),
    hasPairs: manifest.files.some(({ path }) => path === PAIRS_FILE),
    trainedModel: model,
  });
  return { folder, manifest, contents };
}

const provenanceLine = provenance
  .partial()
  .extend({ row: z.int().min(0), language: z.string().optional(), split: z.enum(SPLIT_NAMES).optional() });

async function readReleasedRows(folder: string): Promise<DataRow[]> {
  const rows = await readRows(join(folder, DATA_FILE), dataRowOrSeedTask, DATA_FILE);
  const lines = await readRows(join(folder, PROVENANCE_FILE), provenanceLine, PROVENANCE_FILE);
  if (rows.length !== lines.length)
    throw notInForm(folder, `${DATA_FILE} has ${rows.length} rows, and ${PROVENANCE_FILE} ${lines.length}`);
  return rows.map((row, index) => {
    const { row: number, split: _, language, ...from } = lines[index] ?? {};
    if (number !== index)
      throw notInForm(folder, `line ${index + 1} of ${PROVENANCE_FILE} is of row ${number}`);
    const known = provenance.safeParse(from);
    const { messages, ...fields } = row;
    return {
      ...fields,
      ...(language !== undefined && { language }),
      ...(messages && { messages }),
      ...(known.success && { provenance: known.data }),
    };
  });
}

function parseObject(text: string, path: string): object {
  try {
    return z.looseObject({}).parse(parseJson(text));
  } catch (error) {
    throw new AlpacaError('InvalidInput', `${path} is no JSON object.`, { cause: error });
  }
}

function notInForm(where: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${where} is not as a release has it: ${how}.`);
}

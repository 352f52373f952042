import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../../activities/artifacts/atomic.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { bytes, count } from '../../../activities/document/figures.ts';
import { AlpacaError, storageError } from '../../../activities/errors.ts';
import { chartPicture, hasFont } from '../../../activities/report/charts/png.ts';
import { chartsOf } from '../../../activities/report/charts/report-charts.ts';
import { writeComparison } from '../../../activities/report/comparison.ts';
import { gatherContents } from '../../../activities/report/gather-contents.ts';
import { writeReport } from '../../../activities/report/report.ts';
import type { ReportContents } from '../../../activities/report/report-contents.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { fromHere } from '../../runs/from-here.ts';
import { requireFileName } from '../outputs.ts';
import type { Terminal } from '../terminal.ts';
import { findReportSource } from './report-source.ts';

export interface ReportOptions {
  out: string;
  compare?: string;
  png?: string;
}

/** `alpaca report RUN_OR_DATA`: what is in the data as one HTML page, and its charts as pictures. */
export async function report(
  named: string,
  options: ReportOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  await requireFileName('--out', options.out);
  const contents = await gather(named, terminal, signal);
  const compared = options.compare === undefined ? null : await gather(options.compare, terminal, signal);
  const page = compared === null ? writeReport(contents) : writeComparison(contents, compared);
  const path = resolve(options.out);
  await written(path, page);
  const pictures =
    options.png === undefined
      ? []
      : await writePictures(
          resolve(options.png),
          compared === null ? [contents] : [contents, compared],
          terminal,
        );
  const rows = contents.statistics.rows;
  const size = Buffer.byteLength(page);
  terminal.result(
    { path, bytes: size, rows, comparedRows: compared?.statistics.rows ?? null, pictures },
    `${count(rows)} rows${compared ? ` beside ${count(compared.statistics.rows)}` : ''}: ${fromHere(path)} (${bytes(size)})`,
  );
}

async function gather(named: string, terminal: Terminal, signal: AbortSignal): Promise<ReportContents> {
  const { source, store } = await findReportSource(named);
  const contents = await gatherContents(
    source,
    { store, open: (wanted) => openIfHere(store, wanted) },
    signal,
  );
  if (contents.absent.length > 0)
    terminal.say(
      `${named}: left out, since the store ${store.root} does not hold it: ${contents.absent.join(', ')}`,
    );
  return contents;
}

async function openIfHere(store: ArtifactStore, reference: ArtifactReference): Promise<string | null> {
  try {
    return await store.open(reference);
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') return null;
    throw error;
  }
}

async function writePictures(
  folder: string,
  reports: readonly ReportContents[],
  terminal: Terminal,
): Promise<string[]> {
  await makeFolder(folder).catch((error) => {
    throw storageError(error, folder);
  });
  if (!hasFont())
    terminal.say(
      'This machine has no font, so the pictures have no text. Install one, such as fonts-dejavu-core.',
    );
  const paths: string[] = [];
  for (const [at, contents] of reports.entries()) {
    const prefix = reports.length === 1 ? '' : (['first-', 'second-'][at] ?? '');
    for (const { name, drawing } of chartsOf(contents)) {
      const path = join(folder, `${prefix}${name}.png`);
      await written(path, chartPicture(drawing));
      paths.push(path);
    }
  }
  return paths;
}

async function written(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content).catch((error) => {
    throw storageError(error, path);
  });
}

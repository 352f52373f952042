import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { releaseRows } from '../../../activities/release/activities.ts';
import { MANIFEST_FILE } from '../../../activities/release/write-release.ts';
import { isOfHub } from '../../../workflows/contracts/data/hub.ts';
import { type ArtifactReference, artifactReference } from '../../../workflows/contracts/data.ts';
import { alpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { type ReleaseInput, releaseInput } from '../../../workflows/contracts/release.ts';
import { resultOf } from '../../find-run.ts';
import { fromHere } from '../../runs/from-here.ts';
import { RELEASE_OPTIONS } from '../definitions/step-options.ts';
import { rowsAtHub } from '../model/at-hub.ts';
import { UsageError } from '../outcome.ts';
import { requireReplaceable } from '../outputs.ts';
import { isPath, isThere } from '../place.ts';
import { lookUpRun, required } from '../runs.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import { copyOut, openStep, terminalAttempt } from '../steps/step.ts';
import type { Terminal } from '../terminal.ts';
import { openHub } from './hub.ts';

export interface ReleaseOptions extends Record<string, unknown> {
  out: string;
  report?: string;
  validation?: string;
  test?: string;
  votes?: string[];
  upload?: string;
  uploadModel?: string;
  public?: boolean;
}

/** `alpaca release RUN_OR_DATA`: the folder that a person publishes, and where asked its upload. */
export async function release(
  source: string,
  options: ReleaseOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = givenSettings(options);
  parseInput(releaseInput, given, 'options');
  await requireReplaceable('--out', options.out, MANIFEST_FILE);
  // Whatever an upload lacks is better known before the work than after.
  const hub = options.upload || options.uploadModel ? openHub(process.env, options, signal) : null;
  const votes = await votesOf(options.votes ?? []);
  const { input: asked, store } = (await isData(source))
    ? await openStep(
        parseInput(releaseInput, { ...given, ...(await broughtIn(source)), data: source }, 'options'),
        ['data'],
      )
    : await openRun(source, given);
  const input = { ...asked, votes };
  if (options.uploadModel && input.weights.length !== 1)
    throw new UsageError('--upload-model takes one form of the model: add --weights model, or another.');
  const result = await releaseRows(input, { store }, terminalAttempt(signal));
  const path = await copyOut(store, result.release, options.out);
  const reportPath =
    options.report === undefined ? null : await copyOut(store, result.report, options.report);
  const uploaded: string[] = [];
  if (hub && options.upload) uploaded.push(await hub.upload(path, 'dataset', options.upload));
  if (hub && options.uploadModel)
    uploaded.push(await hub.upload(join(path, input.weights[0] ?? 'model'), 'model', options.uploadModel));
  const where = uploaded.map((url) => `, uploaded to ${url}`).join('');
  terminal.result(
    { ...result, path, reportPath, uploaded },
    `${result.dataset.rows} rows in ${fromHere(resolve(path))}${where}`,
  );
}

async function votesOf(ratings: readonly string[]): Promise<ArtifactReference[]> {
  const found: ArtifactReference[] = [];
  for (const rating of ratings) {
    const { run } = await lookUpRun(rating);
    found.push(required(resultOf(run, { rate: rated }, 'has votes')).annotations);
  }
  return found;
}

const rated = z.object({ annotations: artifactReference });

function givenSettings(options: ReleaseOptions): Record<string, unknown> {
  const shares = Object.fromEntries(
    (['validation', 'test'] as const).flatMap((split) => {
      const text = options[split];
      if (text === undefined) return [];
      return [[split, text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)]];
    }),
  );
  return {
    ...schemaValues(options, releaseInput, RELEASE_OPTIONS),
    ...(Object.keys(shares).length > 0 ? { splits: shares } : {}),
  };
}

/** Where rows of the hub come from, as the card says it. */
async function broughtIn(source: string): Promise<{ sourceDataset?: string }> {
  return isOfHub(source) ? { sourceDataset: (await rowsAtHub(source)).name } : {};
}

/** Data is named by a path, a uri or `builtin`; anything else is taken for a run. */
async function isData(source: string): Promise<boolean> {
  return !isPath(source) || isThere(source);
}

/** What the release step of a finished run was told, under the settings given now. */
async function openRun(
  id: string,
  given: Record<string, unknown>,
): Promise<{ input: ReleaseInput; store: ArtifactStore }> {
  const { run, store } = await lookUpRun(id).catch((error: unknown) => {
    if (!(error instanceof AlpacaError)) throw error;
    throw new AlpacaError(error.code, `There is no file ${id}. ${error.message}`, { cause: error });
  });
  const result = required(resultOf(run, { alpaca: alpacaResult }, 'can be released'));
  return { input: await releaseInputOf(result, given, store), store };
}

/** The part of a release's manifest that the run's result does not have. */
const manifestOfRun = z.object({
  run: z.object({
    workflowId: z.string(),
    runId: z.string(),
    settings: z.looseObject({ release: z.record(z.string(), z.json()).default({}) }),
  }),
});

async function releaseInputOf(
  result: z.infer<typeof alpacaResult>,
  given: Record<string, unknown>,
  store: ArtifactStore,
): Promise<ReleaseInput> {
  const path = join(await store.open(result.release.release), MANIFEST_FILE);
  const { run } = manifestOfRun.parse(JSON.parse(await readFile(path, 'utf8')));
  const { sample, generate, dedupe, filter, tokenize, train, evaluate } = result;
  return releaseInput.parse({
    ...run.settings.release,
    ...given,
    data: (filter ?? dedupe).data,
    similarity: (filter ?? dedupe).similarity,
    run: {
      workflowId: run.workflowId,
      runId: run.runId,
      input: run.settings,
      sample,
      generate,
      dedupe,
      filter,
      tokenize,
      train,
      evaluate,
    },
  });
}

import { resolve } from 'node:path';
import { z } from 'zod';
import { writeJsonLines } from '../../../activities/artifacts/json-lines.ts';
import { AlpacaError, storageError } from '../../../activities/errors.ts';
import { preferencePairsOf } from '../../../activities/evaluate/preference/preference-pairs.ts';
import type {
  PreferenceForm,
  PreferencePairs,
} from '../../../activities/evaluate/preference/preference-row.ts';
import { artifactReference } from '../../../workflows/contracts/data.ts';
import { counted } from '../../../workflows/decisions/screen/counted.ts';
import { resultOf } from '../../find-run.ts';
import { fromHere } from '../../runs/from-here.ts';
import { isThere } from '../place.ts';
import { lookUpRun, required } from '../runs.ts';
import type { Terminal } from '../terminal.ts';

export interface PairsOptions {
  out: string;
  conversational?: boolean;
}

/** `alpaca pairs SOURCE...`: chosen and rejected answers of annotation files, of graded rows, and of workflows that have such. */
export async function pairs(
  sources: readonly string[],
  { out, conversational = false }: PairsOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const form = conversational ? 'conversational' : 'plain';
  const found: PreferencePairs[] = [];
  for (const source of sources) found.push(...(await pairsIn(source, form)));
  const rows = found.flatMap((part) => part.rows);
  const count = (name: keyof PreferencePairs['counts']) =>
    found.reduce((sum, { counts }) => sum + counts[name], 0);
  const [ties, disagreements, unjudged] = [count('ties'), count('disagreements'), count('unjudged')];
  const left = `${counted(ties, 'tie')}, ${disagreements} judged differently in the two orders and ${unjudged} without a verdict left out`;
  if (rows.length === 0)
    throw new AlpacaError('InvalidInput', `In no pair is one answer preferred: ${left}.`, {
      remedy: 'Name files or workflows with more verdicts. Nothing was written.',
    });
  const path = resolve(out);
  await writeJsonLines(path, rows, signal).catch((error: unknown) => {
    throw storageError(error, path);
  });
  terminal.result(
    { path, pairs: rows.length, ties, disagreements, unjudged },
    `${counted(rows.length, 'pair')} in ${fromHere(path)}; ${left}`,
  );
}

async function pairsIn(source: string, form: PreferenceForm): Promise<PreferencePairs[]> {
  if (await isThere(source)) return [await preferencePairsOf(resolve(source), source, form)];
  const { run, store } = await lookUpRun(source);
  const annotations = required(
    resultOf(
      run,
      { evaluate: evaluated, alpaca: ofRun, rate: rated, filter: graded },
      'has judged pairs or grades',
    ),
  );
  const found: PreferencePairs[] = [];
  for (const reference of annotations)
    found.push(await preferencePairsOf(await store.open(reference), source, form));
  return found;
}

const rated = z.object({ annotations: artifactReference }).transform(({ annotations }) => [annotations]);
/** Of every pair of candidates. */
const evaluated = z
  .object({ comparisons: z.array(z.object({ annotations: artifactReference })) })
  .transform(({ comparisons }) => comparisons.map(({ annotations }) => annotations));
const graded = z
  .object({ grades: z.object({ rows: artifactReference }).nullish() })
  .transform(({ grades }) => (grades ? [grades.rows] : []));
const ofRun = z
  .object({ evaluate: evaluated, filter: graded.nullish() })
  .transform(({ evaluate, filter }) => [...evaluate, ...(filter ?? [])]);

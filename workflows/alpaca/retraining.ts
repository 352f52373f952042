import { log, workflowInfo } from '@temporalio/workflow';
import { generating, schedulingOf } from '../activity-bounds.ts';
import { type AlpacaInput, type AlpacaResult, alpacaResult } from '../contracts/pipeline.ts';
import type { NewRows, Retrained } from '../contracts/run/retrain.ts';
import { counted } from '../decisions/screen/counted.ts';
import { failedWith } from '../failed.ts';
import { showDetails } from '../show.ts';
import { withFetched } from './fetch-from-hub.ts';

/** What a run takes over that its schedule repeats: the server hands it the result of the last one that completed. */

/** Either the input with its rows and its model, or where there are too few new rows, the result: null where there is none before it. */
type TakenUp = { input: AlpacaInput; found: NewRows } | { result: AlpacaResult | null };

/** @param patiently has an activity done again until it succeeds */
export async function takeUp(
  input: AlpacaInput,
  patiently: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Promise<TakenUp> {
  if (input.retrain === null || input.generate.from === null)
    throw failedWith('InvalidInput', {
      message: 'retrain does nothing by itself.',
      remedy: 'Name rows that grow in generate.from.',
    });
  const { rows, leastRows, model } = input.retrain;
  const last = lastResult();
  const begun = model === 'last' && last !== null ? goingOnFrom(last, input) : input;
  const fetched = await withFetched(begun, patiently);
  const { generate } = fetched;
  const from = generate.from ?? input.generate.from;
  const known = last?.retrain?.known ?? null;
  const { findNewRows } = generating('look for new rows', schedulingOf(input));
  const found = await patiently(() => findNewRows({ from, rows, leastRows, known }));
  const { data } = found;
  if (data === null) return { result: nothingNew(last, found, leastRows) };
  return { input: { ...fetched, generate: { ...generate, from: data } }, found };
}

/** What the last run trained is no model of the hub, whatever that one began with. */
function goingOnFrom({ train }: AlpacaResult, input: AlpacaInput): AlpacaInput {
  return {
    ...input,
    tokenize: { ...input.tokenize, model: train.model },
    release: { ...input.release, baseModel: null },
  };
}

export function leftToTheNext(found: NewRows | null): Retrained | null {
  if (found === null || found.known === null) return null;
  return { newRows: found.newRows, known: found.known, runId: workflowInfo().runId };
}

/** Of the last run that retrained; null where there is none. */
function lastResult(): AlpacaResult | null {
  const { data } = alpacaResult.safeParse(workflowInfo().lastResult);
  return data === undefined || data.retrain === null ? null : data;
}

function nothingNew(last: AlpacaResult | null, { newRows }: NewRows, leastRows: number): AlpacaResult | null {
  const found = `${counted(newRows, 'new row')}, and a training takes ${leastRows} or more`;
  const before = last?.retrain ?? null;
  const result =
    before === null
      ? 'No run before it trained, so there is no result; the next one looks again'
      : `The result is that of the run ${before.runId}`;
  const text = `Nothing new: ${found}. ${result}.`;
  showDetails(text);
  log.info(text);
  if (last === null || before === null) return null;
  return { ...last, costUsd: 0, retrain: { ...before, newRows: 0 } };
}

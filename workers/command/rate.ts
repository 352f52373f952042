import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { artifactReference } from '../../workflows/contracts/data.ts';
import {
  type RateInput,
  type RateResult,
  type RatingView,
  rateInput,
  rateResult,
} from '../../workflows/contracts/rate.ts';
import { STARTED_BY } from '../../workflows/contracts/run/said.ts';
import { ratedIn } from '../../workflows/decisions/ballot.ts';
import { summaryOf } from '../../workflows/decisions/screen/summary-text.ts';
import { winRateText } from '../../workflows/decisions/screen/win-rate-text.ts';
import { readConfiguration } from '../configuration.ts';
import type { Environment } from '../embedded/environment-file.ts';
import { findRun, type KnownRun, resultOf } from '../find-run.ts';
import { RATE_OPTIONS } from './definitions/step-options.ts';
import { UsageError } from './outcome.ts';
import { importSource } from './place.ts';
import { answering, type CommandPlaces, endOf, required, whoIsLoggedIn, withRuns } from './runs.ts';
import { parseInput, schemaValues } from './schema-options.ts';
import type { Terminal } from './terminal.ts';

export interface RateOptions extends Record<string, unknown> {
  a?: string;
  b?: string;
  instructions?: string;
  evaluation?: string;
  workflowId?: string;
  result?: string;
  close?: string;
}

/** `alpaca rate`: a blind comparison by people, in the environment that stands. */
export async function rate(options: RateOptions, terminal: Terminal): Promise<void> {
  const { close, result } = options;
  const id = close ?? result;
  await withRuns((places) =>
    id === undefined ? start(places, options, terminal) : show(places, id, close !== undefined, terminal),
  );
}

async function start(places: CommandPlaces, options: RateOptions, terminal: Terminal): Promise<void> {
  const { environment } = places;
  const store = places.store.root;
  const settings = schemaValues(options, rateInput, RATE_OPTIONS);
  const { instructions } = options;
  const input = parseInput(
    rateInput,
    {
      ...settings,
      ...(await answersOf(places, options)),
      ...(instructions === undefined
        ? {}
        : { instructions: await importSource(instructions, 'evaluation-instructions-source', store) }),
    },
    'options',
  );
  const workflowId = options.workflowId ?? `rate-${randomBytes(4).toString('hex')}`;
  const handle = await answering(places).workflow.start('rate', {
    taskQueue: readConfiguration().taskQueue,
    workflowId,
    args: [input],
    staticSummary: summaryOf('rate', input),
    memo: { [STARTED_BY]: whoIsLoggedIn() },
  });
  const view = await untilOpen(handle);
  const links = linksOf(environment, workflowId, view);
  terminal.result(
    { workflowId, ...links },
    [
      `comparison ${workflowId}: ${view.plan?.items} to rate, by ${view.seats.length}`,
      ...(links.start === null
        ? [`No web service is known: open /rate/${workflowId} of the one that serves this server.`]
        : [
            `start page     ${links.start}`,
            ...links.raters.map((link, rater) => `rater ${rater + 1}`.padEnd(15) + link),
          ]),
      `result         npx alpaca rate --result ${workflowId} (--close ends it with the votes so far)`,
    ].join('\n'),
  );
}

/** Where the answers come from: two files, or what an evaluation judged. */
async function answersOf(places: CommandPlaces, { a, b, mode, evaluation }: RateOptions) {
  if (evaluation !== undefined) {
    if (a !== undefined || b !== undefined)
      throw new UsageError('Give --evaluation, or --a and --b, and not both.');
    return judgedAnswers(await findRun(places, evaluation));
  }
  if (a === undefined || (b === undefined && mode !== 'abcd'))
    throw new UsageError('Give two files of answers, --a and --b, or an --evaluation.');
  return {
    a: await importSource(a, 'answers', places.store.root),
    b: b === undefined ? null : await importSource(b, 'answers', places.store.root),
  };
}

const judged = z.object({ answersA: artifactReference, answersB: artifactReference });

function judgedAnswers(run: KnownRun): Pick<RateInput, 'a' | 'b'> {
  const ofRun = z.object({ evaluate: judged }).transform(({ evaluate }) => evaluate);
  const { answersA, answersB } = required(resultOf(run, { evaluate: judged, alpaca: ofRun }, 'has answers'));
  return { a: answersA, b: answersB };
}

const OPEN_WITHIN_MS = 60_000;

/** @throws the workflow's own failure, where it fails before it opens */
async function untilOpen(handle: WorkflowHandle): Promise<RatingView> {
  const deadline = Date.now() + OPEN_WITHIN_MS;
  for (;;) {
    const view = await handle.query<RatingView>('rating');
    if (view.state !== 'preparing') return view;
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') await handle.result();
    if (Date.now() > deadline)
      throw new AlpacaError('ProcessDied', `No worker has made the comparison ${handle.workflowId} ready.`, {
        remedy: 'Start the environment with `npm run up`; the comparison goes on then.',
      });
    await sleep(200);
  }
}

/** @param close count the votes so far, where it is open */
async function show(places: CommandPlaces, id: string, close: boolean, terminal: Terminal): Promise<void> {
  const run = await findRun(places, id);
  const { workflowId, type } = run;
  if (type !== 'rate') throw new UsageError(`${workflowId} is a ${type} workflow and no comparison.`);
  if (run.closedAt !== null)
    return tell(workflowId, endOf(run, { rate: rateResult }, 'has a result'), terminal);
  const handle = answering(places).workflow.getHandle(workflowId);
  if (close) {
    await handle.executeUpdate('close');
    return tell(workflowId, rateResult.parse(await handle.result()), terminal);
  }
  // What raters prefer so far is not told before the end: whoever asks may be one of them.
  const view = await handle.query<RatingView>('rating');
  const votes = view.seats.reduce((sum, { letters }) => sum + ratedIn(letters), 0);
  const finished = view.seats.filter(({ state }) => state === 'finished').length;
  const links = linksOf(places.environment, workflowId, view);
  terminal.result(
    { workflowId, state: view.state, votes, raters: { wanted: view.seats.length, finished }, links },
    `${workflowId} is ${view.state}: ${finished} of ${view.seats.length} raters are done, ${votes} votes reported so far${links.start === null ? '' : `; ${links.start}`}`,
  );
}

function tell(workflowId: string, result: RateResult, terminal: Terminal): void {
  terminal.result({ workflowId, state: 'counted', ...result }, resultText(result));
}

function resultText({ summary, pairwise, agreement, votes, items, raters }: RateResult): string {
  const lines = [summary, `${votes} votes on ${items} by ${raters.finished} of ${raters.wanted} raters`];
  if (pairwise !== null) {
    lines.push(`win rate of A ${winRateText(pairwise)}`);
  }
  if (agreement !== null) {
    const name = agreement.method === 'cohen' ? 'Cohen’s' : 'Fleiss’';
    lines.push(`${name} kappa ${agreement.kappa?.toFixed(3) ?? 'undefined'} over ${agreement.items}`);
  }
  return lines.join('\n');
}

function linksOf(environment: Environment | null, workflowId: string, { seats }: RatingView) {
  const start = environment?.webUrl ? `${environment.webUrl}/rate/${encodeURIComponent(workflowId)}` : null;
  return { start, raters: start === null ? [] : seats.map(({ key }) => `${start}/${key}`) };
}

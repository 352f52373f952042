import { hash } from 'node:crypto';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import {
  MOST_ASSIGNED,
  MOST_ITEMS,
  type RateInput,
  type RateResult,
  type RatingActivities,
  type RatingTally,
} from '../../workflows/contracts/rate.ts';
import { runAttempt } from '../activity-attempt.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { readRows, toJsonLines } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { type Attempt, unwatched } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { questionRow } from '../evaluate/answers/instructions.ts';
import type { ModelOutput } from '../evaluate/answers/model-outputs.ts';
import { annotationsOf } from './annotations.ts';
import { assignedCount } from './assignment.ts';
import { answerRow, compared, comparedPair, itemsOf } from './comparison.ts';
import { judgementsOf, tallyOf } from './tally.ts';

/** The activities of a comparison by people: what is rated is made ready before, and counted after. */
export function createRatingActivities({ store }: { store: ArtifactStore }): RatingActivities {
  return {
    prepareComparison: (input) => runAttempt((attempt) => prepareComparison(store, input, attempt)),
    countVotes: (input) => runAttempt((attempt) => countVotes(store, input, attempt)),
  };
}

/** @throws AlpacaError InvalidInput where the two sets do not answer the same instructions, or nothing */
export async function prepareComparison(
  store: ArtifactStore,
  { rate: input, run }: Parameters<RatingActivities['prepareComparison']>[0],
  { signal }: Attempt = unwatched,
): ReturnType<RatingActivities['prepareComparison']> {
  const wanted = input.instructions === null ? null : await readInstructions(store, input, signal);
  const read = async (source: DataSource) => {
    const answers = await readAnswers(store, source, input, signal);
    return wanted === null ? answers : answers.filter((answer) => wanted.has(keyOf(answer)));
  };
  const pairs = compared(await read(input.a), input.b === null ? null : await read(input.b));
  if (pairs.length === 0)
    throw new AlpacaError('InvalidInput', 'There is no answer to rate.', {
      remedy: 'Check the files of answers, and the instructions that are to be rated.',
    });
  const { runSeed: seed, raters, itemsPerRater, votesPerItem, mode } = input;
  const plan = { seed, items: itemsOf(pairs, mode), raters, itemsPerRater, votesPerItem };
  const assigned = Array.from({ length: raters }, (_, rater) => assignedCount(plan, rater));
  if (plan.items > MOST_ITEMS || Math.max(...assigned) > MOST_ASSIGNED)
    throw new AlpacaError(
      'InvalidInput',
      `There are ${plan.items} items to rate, ${Math.max(...assigned)} for one rater.`,
      { remedy: `Set itemsPerRater to ${MOST_ASSIGNED} or less, and compare ${MOST_ITEMS} at the most.` },
    );
  const comparison = await store.putFile('comparison', 'comparison.jsonl', toJsonLines(pairs), {
    rows: pairs.length,
    madeBy: 'rate',
  });
  const seats = Array.from({ length: raters }, (_, rater) => ({
    key: seatKey(run, rater),
    assigned: assignedCount(plan, rater),
  }));
  return { comparison, plan, seats };
}

/** 64 bits in hexadecimal. Nobody guesses them who does not know the id of the run, which no page for raters shows. */
export function seatKey(run: string, rater: number): string {
  return hash('sha256', `seat ${rater} of ${run}`).slice(0, 16);
}

export async function countVotes(
  store: ArtifactStore,
  { mode, comparison, plan, ballots }: Parameters<RatingActivities['countVotes']>[0],
  { signal }: Attempt = unwatched,
): Promise<RatingTally & Pick<RateResult, 'annotations'>> {
  const pairs = await readRows(await store.open(comparison), comparedPair, comparison.uri, { signal });
  const annotations = annotationsOf(pairs, judgementsOf(plan, ballots), mode);
  const content = `${JSON.stringify(annotations, null, 2)}\n`;
  const reference = await store.putFile('annotations', 'annotations.json', content, {
    rows: annotations.length,
    madeBy: 'rate',
    madeFrom: { comparison: comparison.sha256 },
    settings: { mode, ...plan },
  });
  const sets = pairs[0]?.answerB === null ? 1 : 2;
  return { ...tallyOf({ mode, plan, sets }, ballots), annotations: reference };
}

async function readAnswers(
  store: ArtifactStore,
  source: DataSource,
  { language }: RateInput,
  signal: AbortSignal,
): Promise<ModelOutput[]> {
  const builtin = builtinPath('evaluation-instructions', language);
  const file = await store.resolve(source, 'answers', builtin, signal);
  return readRows(await store.open(file), answerRow, nameIn(source, file), { signal });
}

async function readInstructions(
  store: ArtifactStore,
  { instructions, language }: RateInput,
  signal: AbortSignal,
): Promise<Set<string>> {
  const source = instructions ?? 'builtin';
  const builtin = builtinPath('evaluation-instructions', language);
  const file = await store.resolve(source, 'evaluation-instructions-source', builtin, signal);
  const questions = await readRows(await store.open(file), questionRow, nameIn(source, file), { signal });
  return new Set(questions.map(keyOf));
}

function keyOf({ instruction, input }: { instruction: string; input: string }): string {
  return JSON.stringify([instruction, input]);
}

function nameIn(source: DataSource, { uri }: ArtifactReference): string {
  return typeof source === 'string' ? source : uri;
}

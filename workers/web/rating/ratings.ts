import { createHash } from 'node:crypto';
import {
  type Client,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { readRunRecords } from '../../../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import type { RaterView, RatingView, Vote, VoteAnswer } from '../../../workflows/contracts/rate.ts';
import { answerFor } from '../../../workflows/decisions/ballot.ts';
import { shellWord } from '../../../workflows/decisions/screen/shell-word.ts';

/** Where the rating pages take votes to, and learn what stands. */
export interface RatingSource {
  /** a comparison as a whole: never shown to raters as it is */
  view(rating: string): Promise<RatingView>;
  /** the key of the seat of who is known by that name, or of a free one */
  join(rating: string, name: string): Promise<{ key: string }>;
  rater(rating: string, key: string): Promise<RaterView>;
  /** answered once the votes are kept for good */
  vote(rating: string, key: string, votes: Vote[]): Promise<VoteAnswer>;
  finish(rating: string, key: string): Promise<void>;
}

const ANSWER_WITHIN_MS = 10_000;

/** Votes are updates of the rater's workflow. Whatever is sent twice is the same as sent once. */
export function temporalRatings(client: Client, store: ArtifactStore): RatingSource {
  const within = <Result>(call: () => Promise<Result>) =>
    client.withDeadline(Date.now() + ANSWER_WITHIN_MS, call);
  const handleOf = (...parts: string[]) => client.workflow.getHandle(parts.join('/'));

  const ask = async <View>(query: string, rating: string, ...key: string[]): Promise<View> => {
    try {
      return await within(() => handleOf(rating, ...key).query<View>(query));
    } catch (error) {
      throw isUnknown(error) ? await notFound(store, rating) : error;
    }
  };
  const rater = (rating: string, key: string) => ask<RaterView>('rater', rating, key);

  return {
    view: (rating) => ask<RatingView>('rating', rating),
    rater,

    async join(rating, name) {
      try {
        return await within(() =>
          handleOf(rating).executeUpdate<{ key: string }, [{ name: string }]>('join', { args: [{ name }] }),
        );
      } catch (error) {
        throw isUnknown(error) ? await notFound(store, rating) : refusalOr(error);
      }
    },

    async vote(rating, key, votes) {
      try {
        return await within(() =>
          handleOf(rating, key).executeUpdate<VoteAnswer, [Vote[]]>('vote', {
            args: [votes],
            // The same votes sent again are the same update: the server answers without asking a worker.
            updateId: createHash('sha256').update(JSON.stringify(votes)).digest('hex'),
          }),
        );
      } catch (error) {
        // A ballot that was handed in answers what stands in it: the votes may be on it already.
        if (!isUnknown(error)) throw refusalOr(error);
        const { ballot, finished } = await rater(rating, key);
        if (!finished) throw error;
        if (votes.some(({ item, revision }) => (ballot.revisions[item] ?? 0) < revision)) throw tooLate();
        return answerFor(ballot, votes);
      }
    },

    async finish(rating, key) {
      try {
        await within(() => handleOf(rating, key).executeUpdate('finish', { updateId: 'finish' }));
      } catch (error) {
        if (!isUnknown(error)) throw refusalOr(error);
        const { finished } = await rater(rating, key);
        if (!finished) throw error;
      }
    },
  };
}

/** There is no such workflow, it is of another type, or it has ended. */
function isUnknown(error: unknown): boolean {
  return (
    error instanceof WorkflowNotFoundError ||
    error instanceof QueryNotRegisteredError ||
    error instanceof QueryRejectedError
  );
}

/** A comparison that has ended may be one that the server has forgotten: its ballots are shown no more. */
async function notFound(store: ArtifactStore, rating: string): Promise<AlpacaError> {
  const { records } = await readRunRecords(store, rating);
  if (records.some(({ type }) => type === 'rate'))
    return new AlpacaError('NotFound', 'This rating has ended, and its votes are counted.', {
      remedy: `Its result: npx alpaca rate --result ${shellWord(rating)}`,
    });
  return new AlpacaError('NotFound', 'There is no such rating.', { remedy: 'Check the link.' });
}

function tooLate(): AlpacaError {
  return new AlpacaError('InvalidInput', 'Refused: this ballot is closed, and the vote came too late.');
}

function refusalOr(error: unknown): unknown {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? new AlpacaError('InvalidInput', cause.message) : error;
}

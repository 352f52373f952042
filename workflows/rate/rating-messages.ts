import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BallotReport, RaterView, RatingView, Vote, VoteAnswer } from '../contracts/rate.ts';
import { INTERNAL } from '../contracts/run.ts';

/** What can be said to `rate` and `rater`, what they say to each other, and what they answer. */

export const ratingQuery = defineQuery<RatingView>('rating');
/** A person comes to the start page: the seat of that name, or the first that is free. */
export const joinUpdate = defineUpdate<{ key: string }, [{ name: string }]>('join');
/** Counts the votes so far, and ends the comparison. */
export const closeUpdate = defineUpdate<void>('close');

export const raterQuery = defineQuery<RaterView>('rater');
export const voteUpdate = defineUpdate<VoteAnswer, [Vote[]]>('vote');
/** The rater is done: nothing can be changed any more. */
export const finishUpdate = defineUpdate<void>('finish');

/** Parent to child: the comparison is closed. */
export const closedSignal = defineSignal(`${INTERNAL}closed`);
/** Child to parent: the votes so far, for the live tally. What is counted in the end is the child's result. */
export const ballotSignal = defineSignal<[BallotReport]>(`${INTERNAL}ballot`);

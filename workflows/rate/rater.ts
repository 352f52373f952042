import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Ballot, BallotReport, RaterInput, RaterResult, RaterView } from '../contracts/rate.ts';
import type { HandOver } from '../contracts/run/start.ts';
import { emptyBallot, faultOf, ratedIn, takeVotes } from '../decisions/ballot.ts';
import type { RaterHandedOver } from '../decisions/start/starts.ts';
import { refused } from '../failed.ts';
import { resolveInput } from '../input.ts';
import { showDetails } from '../show.ts';
import { takeUpdate } from '../updates.ts';
import { ballotSignal, closedSignal, finishUpdate, raterQuery, voteUpdate } from './rating-messages.ts';

/**
 * One person's votes. Each is an update, so the page knows that it is kept once it is answered. A server
 * takes 2,000 updates of one run: the workflow continues as new before, and takes the ballot along.
 */
export async function rater(raw: unknown, second?: unknown): Promise<RaterResult> {
  const { input, handedOver } = await resolveInput('rater', raw, second, {
    updates: [voteUpdate, finishUpdate],
    answer: (given) => {
      const ballot = given.handedOver?.ballot ?? emptyBallot(given.input.assigned);
      setHandler(raterQuery, () => viewOf(given.input, ballot, false));
    },
  });
  return new Rater(input, handedOver).run();
}

function viewOf({ updatesPerRun: _, ...about }: RaterInput, ballot: Ballot, finished: boolean): RaterView {
  return { ...about, ballot, finished };
}

/** The parent hears of the first vote and then of each quarter: a few signals a rater, however many votes. */
const REPORTS = 4;

class Rater {
  readonly #input: RaterInput;
  #ballot: Ballot;
  /** votes that the parent knows of */
  #reported: number;
  #updates = 0;
  #finished = false;
  #closed = false;

  constructor(input: RaterInput, carried: RaterHandedOver) {
    this.#input = input;
    this.#ballot = carried?.ballot ?? emptyBallot(input.assigned);
    this.#reported = carried?.reported ?? 0;
    this.#listen();
  }

  async run(): Promise<RaterResult> {
    const { updatesPerRun } = this.#input;
    const full = () => this.#updates >= updatesPerRun || workflowInfo().continueAsNewSuggested;
    this.#show();
    while (!this.#over) {
      await condition(() => this.#over || full() || this.#reportIsDue());
      if (this.#reportIsDue()) await this.#report('rating');
      if (full() && !this.#over) {
        await condition(allHandlersFinished);
        const handedOver = { ballot: this.#ballot, reported: this.#reported };
        await continueAsNew<typeof rater>(this.#input, { handedOver } satisfies HandOver<RaterHandedOver>);
      }
    }
    await condition(allHandlersFinished);
    const finished = this.#finished || !this.#closed;
    await this.#report(finished ? 'finished' : 'closed');
    return { letters: this.#ballot.letters, finished };
  }

  #listen(): void {
    const { mode, assigned } = this.#input;
    takeUpdate(
      voteUpdate,
      (votes) => {
        this.#updates += 1;
        const { ballot, answer } = takeVotes(this.#ballot, votes);
        this.#ballot = ballot;
        this.#show();
        return answer;
      },
      {
        description: 'Take votes; one that was taken before changes nothing.',
        validator: (votes) => {
          const fault = faultOf(votes, mode, assigned);
          if (fault !== null) throw refused(fault);
          if (this.#over) throw refused('this ballot is closed, and the vote came too late');
        },
      },
    );
    takeUpdate(
      finishUpdate,
      () => {
        this.#updates += 1;
        this.#finished = true;
      },
      {
        description: 'Hand the ballot in.',
        validator: () => {
          const left = assigned - this.#rated;
          if (left > 0) throw refused(`${left} of ${assigned} are not rated yet`);
        },
      },
    );
    setHandler(closedSignal, () => {
      this.#closed = true;
    });
    setHandler(raterQuery, () => viewOf(this.#input, this.#ballot, this.#over));
  }

  /** Handed in, closed from outside, or empty from the start. */
  get #over(): boolean {
    return this.#finished || this.#closed || this.#input.assigned === 0;
  }

  get #rated(): number {
    return ratedIn(this.#ballot.letters);
  }

  #reportIsDue(): boolean {
    const rated = this.#rated;
    const quarter = (votes: number) => Math.floor((REPORTS * votes) / this.#input.assigned);
    return rated > this.#reported && (this.#reported === 0 || quarter(rated) > quarter(this.#reported));
  }

  async #report(state: BallotReport['state']): Promise<void> {
    this.#reported = this.#rated;
    const { parent } = workflowInfo();
    if (!parent) return;
    try {
      const { letters } = this.#ballot;
      await getExternalWorkflowHandle(parent.workflowId).signal(ballotSignal, {
        rater: this.#input.rater,
        letters,
        state,
      });
    } catch (error) {
      // A parent that has gone needs no report; the votes are not to be lost for that.
      if (isCancellation(error)) throw error;
    }
  }

  #show(): void {
    showDetails(`${this.#rated} of ${this.#input.assigned} rated`);
  }
}

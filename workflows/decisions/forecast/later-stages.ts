import type { GenerationEstimate } from '../../contracts/generate-activities.ts';
import type { GenerationState } from '../generation-state.ts';
import { meanOf } from './forecasting.ts';

/** What a generation has asked and accepted, and what its stage expects. */
interface Books extends Pick<GenerationState, 'tasks' | 'accepted' | 'taken' | 'next' | 'observed'> {
  estimate: Omit<GenerationEstimate, 'batch'>;
}

/**
 * Dollars that the stages to come are expected to take for what one request of this stage brings; 0 in the last. A
 * teacher whose answers here cost more than expected is taken to go on so.
 */
export function laterUsdOfRequest({ estimate, tasks, accepted, taken, observed }: Books): number {
  const { stages } = estimate.outlook;
  if (stages === undefined) return 0;
  const measured = tasks === null && accepted > 0;
  const brought = measured ? accepted / taken : estimate.acceptedPerRequest;
  const ofOne = stages.later.reduce((sum, { costUsd }) => sum + costUsd.value, 0);
  const paid = (observed && meanOf(observed.costUsd)?.value) ?? 0;
  const expected = stages.now.costUsd.value;
  const habit = paid > expected && expected > 0 ? paid / expected : 1;
  return (brought / stages.promptsPerRequest) * ofOne * habit;
}

/**
 * Dollars that the stages to come are expected to take of all that this one has asked and would ask with one
 * request more, and room for the worst case of their last request: so much is held back, or a run pays for instructions and
 * has nothing left for their instances. What the ledger had counts like what is paid: the run that left it may have
 * ended before its later stages.
 */
export function heldBackUsd(books: Books): number {
  const { stages } = books.estimate.outlook;
  if (stages === undefined) return 0;
  return laterUsdOfRequest(books) * (books.next + 1) + stages.laterWorstCaseUsd;
}

/** The same before the first request: a budget that does not cover it as well leads to no rows. */
export function heldBackAtFirst(estimate: Books['estimate']): number {
  const nothing = { tasks: null, accepted: 0, taken: 0, next: 0, observed: null };
  return heldBackUsd({ estimate, ...nothing });
}

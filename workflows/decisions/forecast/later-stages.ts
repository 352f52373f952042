import type { GenerationState } from '../generation-state.ts';

/** What a generation has asked and accepted, and what its stage expects. */
type Books = Pick<GenerationState, 'estimate' | 'tasks' | 'accepted' | 'taken' | 'next' | 'found'>;

/** Dollars that the stages to come are expected to take for what one request of this stage brings; 0 in the last. */
export function laterUsdOfRequest({ estimate, tasks, accepted, taken }: Books): number {
  const { stages } = estimate.outlook;
  if (stages === undefined) return 0;
  const measured = tasks === null && accepted > 0;
  const brought = measured ? accepted / taken : estimate.acceptedPerRequest;
  const ofOne = stages.later.reduce((sum, { costUsd }) => sum + costUsd.value, 0);
  return (brought / stages.promptsPerRequest) * ofOne;
}

/**
 * Dollars that the stages to come are expected to take of all that this one has bought, is asking for, and would
 * buy with one request more: so much is held back, or a run pays for instructions and has nothing left for their instances.
 * Of what the ledger had, the answers of later stages are likely there too.
 */
export function heldBackUsd(books: Books): number {
  const { stages } = books.estimate.outlook;
  if (stages === undefined) return 0;
  const bought = books.next + 1 - books.found / stages.promptsPerRequest;
  return laterUsdOfRequest(books) * Math.max(0, bought);
}

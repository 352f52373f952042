import type { TransportFaults } from './options.ts';
import type { Random } from './tasks/random.ts';

export type TransportFault = keyof TransportFaults;

const FAULTS: readonly TransportFault[] = [
  'rateLimited',
  'serverError',
  'cutConnection',
  'malformedBody',
  'emptyChoices',
  'slow',
];

/** Draws the fault of one asking, or null for none. */
export function drawTransportFault(random: Random, shares: TransportFaults): TransportFault | null {
  let left = random.next();
  for (const fault of FAULTS) {
    left -= shares[fault];
    if (left < 0) return fault;
  }
  return null;
}

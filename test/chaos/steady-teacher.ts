import { NO_TRANSPORT_FAULTS } from '../unit/workers/offline-teacher/no-faults.ts';

/** Flags of an offline teacher that takes a quarter to half of a second for an answer, and always gives one. */
export const STEADY_TEACHER = [
  ...['--latency-ms', '250', '--latency-spread-ms', '250'],
  ...['--faults', JSON.stringify(NO_TRANSPORT_FAULTS)],
];

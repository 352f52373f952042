/** Its transport has no faults: what is paid twice, or lost, is then so for a stop. */
const NO_FAULTS = {
  rateLimited: 0,
  serverError: 0,
  cutConnection: 0,
  malformedBody: 0,
  emptyChoices: 0,
  slow: 0,
};

/** Flags of an offline teacher that takes a quarter to half of a second for an answer. */
export const STEADY_TEACHER = [
  ...['--latency-ms', '250', '--latency-spread-ms', '250'],
  ...['--faults', JSON.stringify(NO_FAULTS)],
];

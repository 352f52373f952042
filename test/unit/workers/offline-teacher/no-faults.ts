import type { OfflineTeacherOptions } from '../../../../workers/offline-teacher/options.ts';

/** On the way: what is paid twice, or lost, is then so for a stop. */
export const NO_TRANSPORT_FAULTS = {
  rateLimited: 0,
  serverError: 0,
  cutConnection: 0,
  malformedBody: 0,
  emptyChoices: 0,
  slow: 0,
} as const satisfies Partial<OfflineTeacherOptions['faults']>;

/** No fault of any kind: for tests that ask about something else. */
export const NO_FAULTS: OfflineTeacherOptions['faults'] = {
  nearDuplicate: 0,
  brokenNumbering: 0,
  truncatedTask: 0,
  forbiddenWord: 0,
  missingOutput: 0,
  shortInstruction: 0,
  repeatedHeading: 0,
  refusal: 0,
  ...NO_TRANSPORT_FAULTS,
};

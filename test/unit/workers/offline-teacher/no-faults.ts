import type { OfflineTeacherOptions } from '../../../../workers/offline-teacher/options.ts';

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
  rateLimited: 0,
  serverError: 0,
  cutConnection: 0,
  malformedBody: 0,
  emptyChoices: 0,
  slow: 0,
};

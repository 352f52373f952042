import type { PauseKind } from './progress.ts';

/**
 * Every failure that a person or a program can meet, by its code: the `type` of a Temporal failure and the `code` of an
 * `AlpacaError`. Activities throw by it, workflows decide by it, and docs/failures.md is made from it.
 */
export interface FailureKind {
  /** true: Temporal tries the activity again, since it may pass by itself */
  readonly retried: boolean;
  /**
   * what a run waits for, with everything kept, in place of ending: at once, or where it is retried too, once the
   * retries are used up; null: the run ends
   */
  readonly pauses: PauseKind | null;
  /** true: nothing failed but the worker, which was stopped; the workflow has it done again at once */
  readonly startsAgain?: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

const ends = { retried: false, pauses: null } as const;
const passes = { retried: true, pauses: 'outage' } as const;
const ofTeacher = { retried: true, pauses: 'teacher' } as const;

export const FAILURES = {
  InvalidInput: {
    ...ends,
    meaning: 'Wrong fields, files or rows. Asking again cannot help.',
    remedy: 'Correct what the message names: the path, the value and what was expected are in it.',
  },
  NotFound: {
    ...ends,
    meaning: 'A file, an artifact or a run that was named is not there.',
    remedy: 'Check the name and the store (`ALPACA_STORE`) that the workers see.',
  },
  RefusedPath: {
    ...ends,
    meaning: 'A path outside of the store and of the import folders.',
    remedy: 'Put the file beneath an import folder, or let the command line import it.',
  },
  CorruptArtifact: {
    ...ends,
    meaning: 'The bytes of an artifact are not those that its digest was taken of.',
    remedy: 'Restore it from a backup, or delete the artifact and run the step that made it again.',
  },
  StorageFull: {
    retried: false,
    pauses: 'storage',
    meaning: 'The disk is full. Nothing half-written was left.',
    remedy: 'Free some space; the run tries again by itself at growing intervals.',
  },
  StoreAway: {
    retried: true,
    pauses: 'storage',
    meaning:
      'The store is not where it was, its device does not answer, or it lacks what the run has made (another store).',
    remedy:
      'Bring it back (mount it, name it as before in `ALPACA_STORE`); the run tries again by itself at growing intervals.',
  },
  HubAway: {
    ...passes,
    meaning: 'The Hugging Face hub does not answer, or ended a file on its way.',
    remedy: 'None is needed in a run; a command is started again. What has come of a file is kept.',
  },
  WorkerStopping: {
    ...ends,
    startsAgain: true,
    meaning: 'The worker was told to stop (a deploy, a machine that is taken away) in the midst of the work.',
    remedy: 'None is needed: another worker goes on at once, and it counts as no attempt.',
  },
  Superseded: {
    ...passes,
    meaning: 'A later attempt has taken the work over.',
    remedy: 'None is needed: the later attempt goes on.',
  },
  Configuration: {
    ...ends,
    meaning:
      'The set-up lacks something: an unknown profile, a missing key, no price, a setting that does not fit.',
    remedy: 'Change the setting that the message names, and start the worker again where it is a worker’s.',
  },
  Authentication: {
    ...ends,
    meaning: 'The endpoint does not accept the key.',
    remedy: 'Set a valid key in the environment variable that the profile names.',
  },
  Permission: {
    ...ends,
    meaning: 'No permission: for a path, or for a model at its endpoint.',
    remedy: 'Check the owner and mode of the path, or what the key may use.',
  },
  UnknownModel: {
    ...ends,
    meaning: 'The endpoint has no model of that name.',
    remedy: 'Correct `model` in the teacher profile, or `OPENAI_MODEL`.',
  },
  QuotaExhausted: {
    retried: false,
    pauses: 'teacher',
    meaning: 'The account has no credit or quota left.',
    remedy:
      'Add credit at the provider; the run tries again by itself at growing intervals, and at once by `resume`.',
  },
  RateLimited: {
    ...ofTeacher,
    meaning: 'The endpoint says "not now".',
    remedy: 'None is needed: it is asked again when it said so. Lower limits can be set in the profile.',
  },
  BudgetRequired: {
    ...ends,
    meaning: 'Something in the run costs money and there is no budget.',
    remedy: 'Set `budgetUsd`, the most that the run may spend.',
  },
  BudgetReached: {
    retried: false,
    pauses: 'budget',
    meaning: 'The hard cap in dollars is reached: the next asking could pass it.',
    remedy: 'Raise the budget (`setBudget`): the run goes on where it stopped.',
  },
  ContentRefused: {
    ...ends,
    meaning: 'The endpoint refuses a prompt for its content.',
    remedy: 'None is needed in generation, which counts it; elsewhere change the text.',
  },
  ContextLength: {
    ...ends,
    meaning: 'Prompt and answer do not fit the model’s context.',
    remedy: 'Lower `seedTasksPerPrompt`, or give the model’s server a longer context.',
  },
  TeacherUnavailable: {
    ...ofTeacher,
    meaning: 'No answer came: a timeout, a cut connection, a failing server.',
    remedy: 'See that the endpoint is up; the run goes on when it is.',
  },
  TeacherMalformed: {
    ...ofTeacher,
    meaning: 'An answer that is none: broken JSON, no choices, no end.',
    remedy: 'Check the profile’s base URL and its endpoint’s protocol.',
  },
  EmptyAnswers: {
    retried: false,
    pauses: 'teacher',
    meaning: 'A handful of answers in a row came without a text, or could not be read; each was paid for.',
    remedy:
      'Set what the message names: more tokens, a longer context, less thinking, the endpoint. The run tries one more at growing intervals, and at once by `resume`.',
  },
  NothingAccepted: {
    ...ends,
    meaning: 'The teacher answered and not one instruction of it was accepted.',
    remedy: 'Read the answers in the ledger: the teacher may not follow the prompt’s format.',
  },
  DedupeDisagreement: {
    ...ends,
    meaning:
      'Dedupe over the whole set rejected rows that its rounds had accepted. A defect of this program.',
    remedy: 'Report it with the run’s id and the file of rejected rows.',
  },
  TrainingDiverged: {
    ...ends,
    meaning: 'The loss, a gradient or a weight is not a finite number.',
    remedy: 'Lower the learning rate or use f32; the last checkpoint is from before.',
  },
  ProcessDied: {
    ...passes,
    meaning: 'A child process ended, or fell silent, without an answer.',
    remedy: 'See the worker’s log; lack of memory is the most frequent cause.',
  },
  NotDelivered: {
    retried: true,
    pauses: null,
    meaning:
      'The endpoint of a webhook did not take an event: no answer of 2xx in time, or it is not allowed.',
    remedy: 'None is needed: it is tried for a day, and the run goes on meanwhile.',
  },
  Defect: {
    ...ends,
    meaning: 'What a step was given or has counted cannot be, by this program’s own rules. A defect of it.',
    remedy:
      'Report it with the run’s id; once a better version is at work, reset the run as the message says.',
  },
  UpdateRefused: {
    ...ends,
    meaning: 'An update that cannot be carried out now. The run goes on as it was.',
    remedy: 'The message says why.',
  },
} as const satisfies Readonly<Record<string, FailureKind>>;

export type FailureCode = keyof typeof FAILURES;

export function isFailureCode(code: string | null | undefined): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(FAILURES, code);
}

/** Thrown by what decides, which knows no Temporal: it ends a workflow, whose task a plain error would retry for ever. */
export class Defect extends Error {
  override readonly name = 'Defect' satisfies FailureCode;
}

/** Longer waits are the workflow's, which shows what it waits for, and ends them when a person says so. */
export const SHOWN_FROM_MS = 60_000;

/**
 * As long as a run ever waits before it looks again whether what it waits for is over: whatever an endpoint asks for,
 * by mistake, by a clock that is wrong or to do harm, two requests an hour are no burden to it, and a run goes on
 * within half an hour of its change of mind.
 */
export const LONGEST_WAIT_MS = 1_800_000;

/** What a failure has in its details where whoever failed said when to ask again. */
export interface AskedToWait {
  retryAfterMs: number;
}

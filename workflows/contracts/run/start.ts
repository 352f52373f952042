/** How a workflow begins: what it was given is read once, as the first thing that it does, and it goes by the result. */

/** The second argument of a workflow, where it is ours: nobody writes that by chance. */
export interface HandOver<State> {
  handedOver: State;
}

export interface Start {
  /** its type */
  workflow: string;
  input: unknown;
  /** the second argument; null where there is none */
  second: unknown;
  /** true where a parent, or an earlier run of the workflow, may have started it */
  mayBeHandedOver: boolean;
}

/** What a run goes by from then on; or what is wrong with what it was given. */
export type ResolvedStart =
  | {
      problems: null;
      input: unknown;
      /** null where nothing was handed over */
      handedOver: unknown;
      /** true where there was a second argument, and it is none of ours */
      ignored: boolean;
    }
  | { problems: string[] };

/** Three may be lost before an attempt counts as dead. */
export const HEARTBEATS_PER_TIMEOUT = 4;
export const DEFAULT_HEARTBEAT_SECONDS = 10;

export interface StartActivities {
  /**
   * Checks what a workflow was started with, and fills in defaults, and says how many seconds are between two
   * heartbeats of its attempts. It runs within the workflow's own task.
   */
  resolveStart(start: Start): Promise<ResolvedStart & { heartbeatSeconds: number }>;
}

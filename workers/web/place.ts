/** Where the runs are. */
export interface RunsPlace {
  /** host and port of the Temporal server */
  address: string;
  namespace: string;
  /** null where there is none */
  temporalUiUrl: string | null;
  /** a server of the runs' models, with a chat page; null where there is none */
  chatUrl: string | null;
}

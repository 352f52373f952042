import { CancellationScope, isCancellation, log } from '@temporalio/workflow';

/** Work that goes on beside other work, and can be stopped by itself. */
export class BegunWork<Result> {
  readonly #scope = new CancellationScope();
  done: { result: Result } | null = null;
  error: unknown;

  /** @param failed what the log says where it fails */
  constructor(work: () => Promise<Result>, failed: string) {
    this.#scope.run(work).then(
      (result) => {
        this.done = { result };
      },
      (error: unknown) => {
        this.error = error;
        if (!isCancellation(error)) log.warn(failed, { error: String(error) });
      },
    );
  }

  get isOver(): boolean {
    return this.done !== null || this.error !== undefined;
  }

  stop(): void {
    if (!this.isOver) this.#scope.cancel();
  }
}

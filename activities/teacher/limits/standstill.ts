import { SHOWN_FROM_MS } from '../../../workflows/contracts/failures.ts';
import { utcMinute } from '../../../workflows/decisions/screen/utc-minute.ts';
import { TeacherFailure } from '../answer/failures.ts';

/** Just longer than what is waited for without a word. */
const SHOWN_WAIT_MS = SHOWN_FROM_MS + 1000;

/**
 * Notices that an endpoint says "not now" and nothing comes through for a minute. Each wait of such a limit is short,
 * and waited for without a word; all together they would be hours. So from then on its failures ask for a wait that is
 * shown: by the run, which says so and is ended by `resume`, or by the command.
 */
export class Standstill {
  readonly #now: () => number;
  #since: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Something came through. */
  over(): void {
    this.#since = null;
  }

  /** What is to be thrown in place of an error. */
  noticed(error: unknown): unknown {
    if (!(error instanceof TeacherFailure) || error.code !== 'RateLimited') return error;
    this.#since ??= this.#now();
    if (this.#now() - this.#since < SHOWN_FROM_MS) return error;
    const { code, remedy, cause, mayBePaid } = error;
    const said = remedy === undefined ? error.message : error.message.slice(0, -remedy.length - 1);
    return new TeacherFailure(
      code,
      `${said} It has answered nothing since ${utcMinute(new Date(this.#since))}.`,
      {
        ...(remedy === undefined ? {} : { remedy }),
        cause,
        mayBePaid,
        retryAfterMs: Math.max(SHOWN_WAIT_MS, error.retryAfterMs ?? 0),
      },
    );
  }
}

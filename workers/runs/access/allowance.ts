import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import type { Visitor } from './visitor.ts';

/**
 * What a visitor granted in a day (UTC): numbered records in the store, `entries/access/granted/ID/DATE/NUMBER.json`.
 * A number is written once: whoever gets one has read all before it, so that several services over one store never
 * grant more together than the visitor may. What a run leaves of its budget is not given back.
 */
const granted = z.object({ usd: z.number().min(0), to: z.string() });
type Granted = z.infer<typeof granted>;

/** Others may be taking numbers at the same time: each of them has one when a try is lost. */
const MOST_TRIES = 1000;

export class Allowance {
  readonly #store: Pick<ArtifactStore, 'readEntry' | 'writeEntryOnce'>;
  /** by its folder, what is known of a day: a record never changes */
  readonly #days = new Map<string, Granted[]>();

  constructor(store: Pick<ArtifactStore, 'readEntry' | 'writeEntryOnce'>) {
    this.#store = store;
  }

  /**
   * Books a budget, or what it is raised by.
   *
   * @param grant.usd in dollars
   * @param grant.to names what it is for: asked again with the same, in the same day, it is booked once
   * @throws AlpacaError BudgetReached where it would pass what the visitor may grant in a day
   */
  async book({ id, name, usdPerDay }: Visitor, grant: Granted, now = new Date()): Promise<void> {
    if (usdPerDay === null || grant.usd === 0) return;
    const folder = `access/granted/${id}/${now.toISOString().slice(0, 10)}`;
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      const known = await this.#readDay(folder);
      const more = grant.usd - sumOf(known.filter(({ to }) => to === grant.to));
      if (more <= 0) return;
      const sum = sumOf(known);
      if (sum + more > usdPerDay + ROUNDING)
        throw new AlpacaError(
          'BudgetReached',
          `${name} may grant ${usd(usdPerDay)} a day, and has granted ${usd(sum)} of it today: ${usd(more)} more would pass it.`,
          { remedy: 'Ask for less, wait for the next day (UTC), or use a token with a higher bound.' },
        );
      const record = JSON.stringify({ usd: more, to: grant.to });
      if (await this.#store.writeEntryOnce(pathOf(folder, known.length), record)) return;
    }
    throw new AlpacaError('StoreAway', 'Too many budgets are being granted at once.', {
      remedy: 'Ask again in a moment.',
    });
  }

  /** A copy: others of this process may be reading on. */
  async #readDay(folder: string): Promise<Granted[]> {
    const day = [...(this.#days.get(folder) ?? [])];
    for (;;) {
      const content = await this.#store.readEntry(pathOf(folder, day.length));
      if (content === null) break;
      day.push(granted.parse(JSON.parse(content.toString('utf8'))));
    }
    if (!this.#days.has(folder) && this.#days.size >= MOST_DAYS) this.#days.clear();
    this.#days.set(folder, day);
    return day;
  }
}

/** That are kept in memory: of each visitor, today's. */
const MOST_DAYS = 1000;

function pathOf(folder: string, number: number): string {
  return `${folder}/${String(number).padStart(6, '0')}.json`;
}

function sumOf(day: readonly Granted[]): number {
  return day.reduce((sum, { usd: of }) => sum + of, 0);
}

/** Dollars: decimal fractions do not add up exactly. */
const ROUNDING = 1e-9;

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AlpacaError, storageError } from '../errors.ts';
import { parseUri } from './uri.ts';

/**
 * Whether a store is where it was. One that is not mounted looks like one that nothing was written to: what was
 * paid for would be paid for again, and written beside it.
 */
export class Presence {
  readonly #root: string;
  /** folders that were there once in the life of this process */
  readonly #met = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** true once anything of the store was there */
  get isMet(): boolean {
    return this.#met.size > 0;
  }

  /** @throws AlpacaError StoreAway where a folder of the store was there before and is not */
  async mustNotBeAway(): Promise<void> {
    for (const folder of ['artifacts', 'entries']) {
      const path = join(this.#root, folder);
      if (await exists(path)) this.#met.add(path);
      else if (this.#met.has(path)) throw this.#away(`it had a folder "${folder}"`);
    }
  }

  /**
   * A process that starts while a store is away has met nothing of it: what is there may be a new store as well as
   * the place where the old one is mounted.
   *
   * @param uri of an artifact that is known to have been made in the store
   * @throws AlpacaError StoreAway where it is not there
   */
  async mustHold(uri: string): Promise<void> {
    const { kind, sha256 } = parseUri(uri);
    if (await exists(join(this.#root, 'artifacts', kind, sha256))) return;
    throw new AlpacaError('StoreAway', `The store ${this.#root} is away, or another one: it lacks ${uri}.`, {
      remedy: 'Bring it back, or name the store of the run (ALPACA_STORE) to this worker.',
    });
  }

  /** A record that vanishes while it is written went away with its store: writing it again is safe. */
  async whole<Result>(writing: Promise<Result>): Promise<Result> {
    try {
      return await writing;
    } catch (error) {
      throw isMissing(error) ? this.#away('a record of it vanished') : error;
    }
  }

  #away(why: string): AlpacaError {
    return new AlpacaError('StoreAway', `The store ${this.#root} is away: ${why}.`, {
      remedy: 'Bring it back, or start the worker again if the store is meant to be empty.',
    });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw storageError(error, path);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes } from '../../test/processes.ts';
import type { LoggedAsking } from './asking-log.ts';

/** The endpoint's own count set against the ledger, key by key. */
export interface Audit {
  /** answers in the ledger */
  kept: number;
  /** askings that were answered and are not in the ledger: paid for, and gone */
  paidAndLost: number;
  /** keys that were asked more often than their intents account for: paid twice, and not counted */
  paidTwiceUncounted: number;
  /** intents without an answer, the counted gap: no fewer than what was paid and lost */
  intentsLeft: number;
}

/**
 * Every asking has an intent written before it was sent. A key has one answer; each further intent of it is
 * one asking of the counted gap.
 */
export async function audit(
  { folder }: Pick<Processes, 'folder'>,
  ledger: string,
  asked: readonly LoggedAsking[],
): Promise<Audit> {
  const files = await readdir(join(folder, 'store', 'entries', 'ledger', ledger), { recursive: true });
  const outcomes = new Set(files.flatMap((file) => /\/([0-9a-f]{64})\.json$/.exec(file)?.[1] ?? []));
  const intents = countBy(
    files.flatMap((file) => /\/([0-9a-f]{64})\.intent\.\d+\.json$/.exec(file)?.[1] ?? []),
  );
  const askings = countBy(asked.map(({ key }) => key));
  const over = [...askings].filter(([key, count]) => count > (intents.get(key) ?? 0));
  const intentsInAll = [...intents.values()].reduce((sum, count) => sum + count, 0);
  return {
    kept: outcomes.size,
    paidAndLost: asked.length - outcomes.size,
    paidTwiceUncounted: over.length,
    intentsLeft: intentsInAll - outcomes.size,
  };
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

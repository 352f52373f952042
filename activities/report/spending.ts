import type { DataRow } from '../../workflows/contracts/data.ts';
import type { RequestYield } from '../../workflows/contracts/generate.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { openLedger } from '../teacher/ledger/ledger.ts';
import type { Spending } from './report-contents.ts';

/**
 * When each request was answered and what it cost, in order of time. The cost is the run's own count; the
 * time is the ledger's, of the first row that the request brought. A request without rows is taken to have
 * been answered with the one before it. Empty where the ledger is not in the store.
 */
export async function readSpending(
  store: ArtifactStore,
  ledgerName: string,
  rows: readonly DataRow[],
  requests: readonly RequestYield[],
): Promise<Spending[]> {
  const keys = new Map<number, string>();
  for (const { provenance } of rows)
    if (provenance && !keys.has(provenance.request)) keys.set(provenance.request, provenance.ledgerKey);
  const ledger = openLedger(store, ledgerName);
  const spending: Spending[] = [];
  for (const { request, costUsd, completionTokens } of requests) {
    const key = keys.get(request);
    const entry = key === undefined ? null : await ledger.read(key);
    const at = entry ? Date.parse(entry.time) : spending.at(-1)?.at;
    if (at !== undefined) spending.push({ at, costUsd, completionTokens });
  }
  return spending.sort((left, right) => left.at - right.at);
}

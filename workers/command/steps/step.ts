import { cp, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { Attempt } from '../../../activities/attempt.ts';
import { storageError } from '../../../activities/errors.ts';
import type { RetryTeller } from '../../../activities/teacher/until-it-passes.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { FailureCode } from '../../../workflows/contracts/failures.ts';
import type { StepProgress } from '../../../workflows/contracts/progress.ts';
import { utcMinute } from '../../../workflows/decisions/screen/utc-minute.ts';
import { existingModel } from '../model/named-model.ts';
import { existing, isPath, openStore, storePlace } from '../place.ts';
import { endLine, overwriteLine, type Terminal, writeLine } from '../terminal.ts';

/**
 * What the step commands share: the local store (so that a ledger and checkpoints outlive the command),
 * an attempt that prints its progress, and the way back to the user's own files.
 */

/** The input with the paths among the named fields made absolute, and a store that may read just those. */
export async function openStep<Input extends object>(
  input: Input,
  fields: readonly (keyof Input)[],
): Promise<{ input: Input; store: ArtifactStore }> {
  const importFolders: string[] = [];
  const named = { ...input };
  for (const field of fields) {
    const source = input[field];
    if (typeof source !== 'string' || !isPath(source)) continue;
    const path = await (field === 'model' ? existingModel(source) : existing(source));
    importFolders.push(path);
    Object.assign(named, { [field]: path });
  }
  return { input: named, store: openStore(storePlace(), importFolders) };
}

/** --budget as the schemas' field; what is no number stays as it is, for the schema to refuse. */
export function budgetOption({ budget }: { budget?: string }): { budgetUsd?: number | string } {
  if (budget === undefined) return {};
  const budgetUsd = budget.trim() === '' ? Number.NaN : Number(budget);
  return { budgetUsd: Number.isFinite(budgetUsd) ? budgetUsd : budget };
}

/** --adapter as openModel takes it. */
export function adapterOption({ adapter }: { adapter?: string }): { adapterPath?: string } {
  return adapter === undefined ? {} : { adapterPath: resolve(adapter) };
}

const LINE_EVERY_MS = 5000;

/** An attempt at the terminal: one line that is written over, or a line every few seconds elsewhere. */
export function terminalAttempt(
  signal: AbortSignal,
  stream: Writable & { isTTY?: boolean } = process.stderr,
): Attempt {
  let saidAt = Date.now();
  return {
    signal,
    report(progress) {
      if (!stream.isTTY && Date.now() - saidAt < LINE_EVERY_MS) return;
      saidAt = Date.now();
      const text = progressText(progress);
      if (stream.isTTY) overwriteLine(stream, text);
      else writeLine(stream, text);
      if (progress.done === progress.total) endLine();
    },
  };
}

/**
 * Says what is waited for, until when and for how long, before it is tried again: once, however many requests wait for
 * the same.
 */
export function retryTeller(terminal: Pick<Terminal, 'say'>): RetryTeller {
  const quietUntil = new Map<FailureCode, number>();
  return (failure, waitMs) => {
    const next = Date.now() + waitMs;
    if (Date.now() < (quietUntil.get(failure.code) ?? 0)) return;
    quietUntil.set(failure.code, next);
    const at = waitMs < 60_000 ? '' : `at ${utcMinute(new Date(next))}, `;
    terminal.say(`${failure.message} (The next try is ${at}in ${Math.ceil(waitMs / 1000)} s.)`);
  };
}

/** `12/40 rows, loss 2.1` */
function progressText({ done, total, unit, note }: StepProgress): string {
  return `${done}/${total} ${unit}${note ? `, ${note}` : ''}`;
}

/** Copies an artifact to where the user wants it. A folder replaces an earlier one of the same name. */
export async function copyOut(
  store: ArtifactStore,
  reference: ArtifactReference,
  target: string,
): Promise<string> {
  const path = resolve(target);
  try {
    const from = await store.open(reference);
    await rm(path, { recursive: true, force: true });
    await cp(from, path, { recursive: true });
  } catch (error) {
    throw storageError(error, path);
  }
  return path;
}

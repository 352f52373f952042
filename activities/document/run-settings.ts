import { type AlpacaInput, alpacaInput } from '../../workflows/contracts/pipeline.ts';
import type { ReleaseInput } from '../../workflows/contracts/release.ts';
import { DEFAULT_RUN_SEED } from '../../workflows/contracts/run.ts';

/** The settings of a run that was started as the whole pipeline; null for any other input. */
export function settingsOf(run: ReleaseInput['run']): AlpacaInput | null {
  const checked = alpacaInput.safeParse(run?.input);
  return checked.success ? checked.data : null;
}

/** The seed of what is drawn for a document: the run's, or the default run's where there was none. */
export function seedOf(settings: AlpacaInput | null): number {
  return settings?.runSeed ?? DEFAULT_RUN_SEED;
}

/** Every value of an input, as JSON, by its path. */
export function leavesOf(
  value: unknown,
  path: readonly string[] = [],
): { path: readonly string[]; text: string }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path, text: JSON.stringify(value) }];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

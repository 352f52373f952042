import type { Claim } from '../../../activities/release/reproduce/claims.ts';
import { reproduce } from '../../../activities/release/reproduce/reproduce.ts';
import { localProfiles } from '../../runs/estimate.ts';
import { EXIT } from '../outcome.ts';
import { existing, existingStore, openStore } from '../place.ts';
import { terminalAttempt } from '../steps/step.ts';
import type { Terminal } from '../terminal.ts';

/** `alpaca reproduce DIR`: checks a release against its manifest, claim by claim. */
export async function reproduceRelease(
  folder: string,
  options: { store?: string; train?: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const sources =
    options.store === undefined
      ? null
      : {
          store: openStore(await existingStore(options.store)),
          profiles: await localProfiles(null),
          trainsAgain: options.train ?? false,
        };
  const release = await existing(folder);
  const claims = await reproduce(release, sources, terminalAttempt(signal));
  const differing = claims.filter(({ verdict }) => verdict === 'differs').length;
  terminal.result(
    { path: release, reproduced: differing === 0, differing, claims },
    [...claims.map(claimLine), conclusion(claims, differing)].join('\n'),
  );
  if (differing > 0) process.exitCode = EXIT.failed;
}

function claimLine({ claim, verdict, detail }: Claim): string {
  return `${verdict.padEnd(13)} ${claim}: ${detail}`;
}

function conclusion(claims: readonly Claim[], differing: number): string {
  const checked = claims.filter(({ verdict }) => verdict !== 'not checkable').length;
  return differing === 0
    ? `${checked} of ${claims.length} claims could be checked, and hold`
    : `${differing} of ${checked} claims that could be checked differ`;
}

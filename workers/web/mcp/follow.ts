import type { FollowedRuns } from '../../runs/followed-runs.ts';
import { agentRun, standingOf } from './agent-run.ts';

/**
 * Waits until a run's stage or state is another than at first, it has ended, or the time is over.
 *
 * @throws AlpacaError NotFound
 */
export async function changeOf(followed: FollowedRuns, id: string, withinMs: number): Promise<void> {
  const changed = Promise.withResolvers<void>();
  const timer = setTimeout(changed.resolve, withinMs);
  let first: string | null = null;
  try {
    const { leave, hasEnded } = await followed.follow(id, {
      after: null,
      tell({ data, isLast }) {
        const standing = standingOf(agentRun.parse(JSON.parse(data)));
        first ??= standing;
        if (isLast || standing !== first) changed.resolve();
      },
    });
    if (!hasEnded) await changed.promise;
    leave();
  } finally {
    clearTimeout(timer);
  }
}

import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { gatherMetrics, type StepMetrics } from '../../activities/train/metrics.ts';
import type { StepRange } from '../../workflows/decisions/rounds.ts';

/** When a round was under way, in seconds since 1970. */
export interface TimedRound {
  begun: number;
  ended: number;
  /** the steps of its shards that were merged */
  merged: readonly StepRange[];
}

/** The mean over rounds, in seconds, of what a round takes beside the steps of the shard whose steps took longest. */
interface RoundOverhead {
  /** until its first step: the process and what it reads, where none was kept, and its graphs */
  before: number;
  /** saving, and all that a killed process loses: its steps since its last checkpoint, and another's beginning */
  between: number;
  /** from its last step on: handing over, waiting for the other shards, and the merge */
  after: number;
}

export interface FleetFigures {
  /** seconds of the steps that were merged, over those of all workers */
  goodput: number;
  /** the sum of what `overhead` has */
  overheadSeconds: number;
  overhead: RoundOverhead;
  /** that were merged */
  steps: number;
}

/** What the metrics of a fleet's training say of how its time went. */
export async function figuresOf(
  store: ArtifactStore,
  rounds: readonly TimedRound[],
  { workers, totalSteps }: { workers: number; totalSteps: number },
): Promise<FleetFigures> {
  const [identity = ''] = (await store.listEntries('training/fleet')).map((name) => name.split('/')[0]);
  // A shard that was left out has metrics too.
  const metrics = await gatherMetrics(store, { run: 'fleet', identity }, totalSteps);
  const shardsOfRounds = rounds.map(({ merged }) =>
    merged.map(({ fromStep, toStep }) => metrics.filter(({ step }) => step >= fromStep && step < toStep)),
  );
  const kept = shardsOfRounds.flat(2);
  const overheads = rounds.map((round, at) => {
    const shards = shardsOfRounds[at] ?? [];
    return overheadOf(
      round,
      shards.reduce((most, shard) => (seconds(shard) > seconds(most) ? shard : most), []),
    );
  });
  const mean = (part: keyof RoundOverhead) =>
    overheads.reduce((sum, overhead) => sum + overhead[part], 0) / overheads.length;
  const overhead = { before: mean('before'), between: mean('between'), after: mean('after') };
  const took = (rounds.at(-1)?.ended ?? 0) - (rounds[0]?.begun ?? 0);
  return {
    goodput: seconds(kept) / (took * workers),
    overheadSeconds: overhead.before + overhead.between + overhead.after,
    overhead,
    steps: kept.length,
  };
}

function overheadOf({ begun, ended }: TimedRound, shard: readonly StepMetrics[]): RoundOverhead {
  const [first, last] = [shard[0], shard.at(-1)];
  if (!first || !last) return { before: ended - begun, between: 0, after: 0 };
  const started = first.endedAt - seconds([first]);
  return {
    before: started - begun,
    between: last.endedAt - started - seconds(shard),
    after: ended - last.endedAt,
  };
}

function seconds(steps: readonly StepMetrics[]): number {
  return steps.reduce((sum, { tokens, tokensPerSecond }) => sum + tokens / tokensPerSecond, 0);
}

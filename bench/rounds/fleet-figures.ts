import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { gatherMetrics, type StepMetrics } from '../../activities/train/metrics.ts';

/** When a round was under way, in seconds since 1970, and the steps that it had. */
export interface TimedRound {
  begun: number;
  ended: number;
  fromStep: number;
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
  /** seconds of the steps that were kept, over those of all workers */
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
  { workers, roundSteps, totalSteps }: { workers: number; roundSteps: number; totalSteps: number },
): Promise<FleetFigures> {
  const [identity = ''] = (await store.listEntries('training/fleet')).map((name) => name.split('/')[0]);
  const metrics = await gatherMetrics(store, { run: 'fleet', identity }, totalSteps);
  const overheads = rounds.map((round) => {
    const shards = Array.from({ length: workers }, (_, worker) => {
      const first = round.fromStep + worker * roundSteps;
      return metrics.filter(({ step }) => step >= first && step < first + roundSteps);
    });
    return overheadOf(
      round,
      shards.reduce((most, shard) => (seconds(shard) > seconds(most) ? shard : most)),
    );
  });
  const mean = (part: keyof RoundOverhead) =>
    overheads.reduce((sum, overhead) => sum + overhead[part], 0) / overheads.length;
  const overhead = { before: mean('before'), between: mean('between'), after: mean('after') };
  const took = (rounds.at(-1)?.ended ?? 0) - (rounds[0]?.begun ?? 0);
  return {
    goodput: seconds(metrics) / (took * workers),
    overheadSeconds: overhead.before + overhead.between + overhead.after,
    overhead,
    steps: metrics.length,
  };
}

function overheadOf({ begun, ended }: TimedRound, shard: readonly StepMetrics[]): RoundOverhead {
  const [first, last] = [shard[0], shard.at(-1)];
  // Of a shard that was left out there are no steps.
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

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RequestSettings, RequestYield } from '../../../workflows/contracts/generate.ts';
import {
  type ObservedRequests,
  observedRequests,
  type Sums,
  sums,
} from '../../../workflows/contracts/progress.ts';
import { addTo, noSums } from '../../../workflows/decisions/forecast/sums.ts';
import { GROWTH_STEP, growthOf } from '../../../workflows/decisions/forecast/yield-decline.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { canonicalJson } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';

/**
 * What runs in this store saw of a model with the same prompts, for later runs to expect:
 *
 *   entries/yield/KEY.json     of the longest such run
 *
 * It shapes estimates and never what is asked.
 */
const recordedYield = z.strictObject({
  model: z.string(),
  observed: observedRequests,
  /** seconds that single requests took; null where none was sent */
  seconds: sums.nullable(),
});
export type RecordedYield = z.infer<typeof recordedYield>;

export interface YieldSource {
  settings: RequestSettings;
  profile: Pick<TeacherProfile, 'model' | 'style'>;
  threshold: number;
}

/** What was recorded; null where nothing was, or nothing that can be read. */
export async function readRecordedYield(
  store: ArtifactStore,
  source: YieldSource,
): Promise<RecordedYield | null> {
  // Self-Instruct is measured by no record: one of instructions says nothing of the stages after.
  if (source.settings.stage !== null) return null;
  const bytes = await store.readEntry(entryPath(source));
  if (bytes === null) return null;
  try {
    return recordedYield.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return null;
  }
}

/** Records a run so far, unless a longer one is recorded. */
export async function recordYield(
  store: ArtifactStore,
  source: YieldSource,
  seen: Omit<RecordedYield, 'model'>,
): Promise<void> {
  if (source.settings.stage !== null) return;
  const earlier = await readRecordedYield(store, source);
  const requests = seen.observed.promptTokens.count;
  if (earlier !== null && earlier.observed.promptTokens.count > requests) return;
  const seconds = seen.seconds ?? earlier?.seconds ?? null;
  const record: RecordedYield = { model: source.profile.model, observed: seen.observed, seconds };
  await store.writeEntry(entryPath(source), `${JSON.stringify(record)}\n`);
}

/** What the yield depends on: the model, the prompts and the threshold; not on run seed or ledger. */
function entryPath({ settings, profile, threshold }: YieldSource): string {
  const { language, seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt } = settings;
  const { temperature, topP, maxTokens, seedTasks, shares } = settings;
  const key = canonicalJson({
    ...{ language, seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt },
    ...{ temperature, topP, maxTokens, seedTasks: seedTasks.sha256, threshold },
    ...{ model: profile.model, style: profile.style },
    ...(shares && { shares }),
  });
  return `yield/${createHash('sha256').update(key).digest('hex')}.json`;
}

export function nothingObserved(): ObservedRequests {
  return {
    acceptedByGrowth: [],
    promptTokens: noSums(),
    completionTokens: noSums(),
    costUsd: noSums(),
  };
}

/** Adds one request. @param acceptedBefore rows that the run had accepted before it */
export function observe(observed: ObservedRequests, request: RequestYield, acceptedBefore: number): void {
  addTo(growthStep(observed, Math.floor(growthOf(acceptedBefore) / GROWTH_STEP)), request.accepted);
  addTo(observed.promptTokens, request.promptTokens);
  addTo(observed.completionTokens, request.completionTokens);
  addTo(observed.costUsd, request.costUsd);
}

function growthStep({ acceptedByGrowth }: ObservedRequests, step: number): Sums {
  const found = acceptedByGrowth.find((entry) => entry.step === step)?.accepted;
  if (found !== undefined) return found;
  const accepted = noSums();
  acceptedByGrowth.push({ step, accepted });
  return accepted;
}

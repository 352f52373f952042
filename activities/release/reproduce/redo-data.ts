import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { dataRow } from '../../../workflows/contracts/data.ts';
import { type EndedStage, requestSettings, type YieldCounts } from '../../../workflows/contracts/generate.ts';
import type { AcceptRoundResult } from '../../../workflows/contracts/generate-activities.ts';
import { firstStage, type StageAt, stageAfter } from '../../../workflows/contracts/run/stages.ts';
import { tokenizationOfSet } from '../../../workflows/contracts/run.ts';
import { mergeYield, noYield } from '../../../workflows/decisions/yield-counts.ts';
import { readRows } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { createPool } from '../../dedupe/corpus/pool.ts';
import { dedupeRows } from '../../dedupe/dedupe-rows.ts';
import { AlpacaError } from '../../errors.ts';
import { createRecordedJudge, JUDGE_LEDGER } from '../../evaluate/judge/teacher-judge.ts';
import { filterRows } from '../../filter/filter-rows.ts';
import { type GradeDependencies, gradeRows } from '../../filter/grade/grade-rows.ts';
import { gradeForm, gradersOf } from '../../filter/grade/graders.ts';
import { createWarmPools, type WarmPools } from '../../generate/accept/accepted-pool.ts';
import { gatherAccepted } from '../../generate/accept/gather.ts';
import { acceptRound } from '../../generate/accept/round.ts';
import { createRunOpener, type GenerationRun } from '../../generate/generation-run.ts';
import { openLedger } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfiles } from '../../teacher/profile/profiles.ts';
import { type Finding, notCheckable, unequal, unless } from './claims.ts';
import type { PipelineRun } from './pipeline-run.ts';

/**
 * The rows that generation accepted follow from the ledger: the prompts of all requests are made again,
 * their completions looked up, parsed, filtered and compared, in order. Nothing is sent to any teacher.
 */
export async function redoGeneration(
  { settings, sample, generate }: Pick<PipelineRun, 'settings' | 'sample' | 'generate'>,
  store: ArtifactStore,
  profiles: TeacherProfiles,
  attempt: Attempt,
): Promise<Finding> {
  if (generate.stopReason === 'imported') return notCheckable('the rows were brought in, not generated');
  const openRun = createRunOpener({ store, profiles, env: {} });
  const pools = createWarmPools(store, createPool);
  const given = { ...settings.generate, ...settings };
  try {
    let at: StageAt = firstStage(settings.generate);
    let redone: RedoneStage | null = null;
    const yields: YieldCounts[] = [];
    for (const requests of requestsOfStages(generate)) {
      if (redone !== null) at = stageAfter(settings.generate, at.stage, redone.data) ?? at;
      redone = await redoStage(
        requests,
        await openRun(requestSettings(given, sample.seedTasks, at)),
        settings,
        { store, pools, attempt },
      );
      yields.push(redone.yield);
    }
    // The result has the figures of Self-Instruct's last stage, and of the first turn of conversations.
    const counts = generate.selfInstruct === null ? yields[0] : yields.at(-1);
    if (redone === null || counts === undefined) return notCheckable('nothing was asked');
    const { data } = redone;
    return unless(
      unequal([
        ['rows from the ledger', data.rows, generate.data.rows],
        ['the digest of the rows from the ledger', data.sha256, generate.data.sha256],
        ['rows asked for', counts.asked, generate.yield.asked],
        ['rows malformed', counts.malformed, generate.yield.malformed],
        ['rows too similar', counts.similar, generate.yield.similar],
      ]),
      `${data.rows} rows of ${generate.requests} requests, byte for byte from the completions of the ledger "${settings.generate.ledger}"`,
    );
  } finally {
    await pools.close();
  }
}

/** How many requests each stage took; the result says so of all but the one whose figures are its own. */
function requestsOfStages({ requests, selfInstruct, turns }: PipelineRun['generate']): number[] {
  const of = (stages: readonly EndedStage[]) => stages.map((stage) => stage.requests);
  const [earlier, later] = [of(selfInstruct?.stages ?? []), of(turns)];
  const own = [...earlier, ...later].reduce((left, count) => left - count, requests);
  return [...earlier, own, ...later];
}

function nobodyOpens(): never {
  throw new RangeError('files of a stage are not made again');
}

interface RedoneStage {
  data: ArtifactReference;
  yield: YieldCounts;
}

/** The requests of one stage, or of a method without: all of them are taken again, for whatever reason it ended. */
async function redoStage(
  requests: number,
  run: GenerationRun,
  { dedupe }: PipelineRun['settings'],
  { store, pools, attempt }: { store: ArtifactStore; pools: WarmPools; attempt: Attempt },
): Promise<RedoneStage> {
  // A round goes no further than its prompts see.
  const size = run.settings.seesAfter ?? requests;
  let pool: ArtifactReference | null = null;
  let counts = noYield();
  for (let firstRequest = 0; firstRequest < requests || pool === null; firstRequest += size) {
    const round: AcceptRoundResult = await acceptRound(
      {
        threshold: dedupe.threshold,
        tokenization: dedupe.tokenization,
        ...{ firstRequest, requests: Math.min(size, requests - firstRequest), pool },
        target: Number.MAX_SAFE_INTEGER,
        collapseAfter: Number.MAX_SAFE_INTEGER,
        ...{ emptyRequests: 0, seconds: null },
      },
      await run.seeing(pool),
      store,
      pools,
      attempt,
    );
    pool = round.pool;
    counts = mergeYield(counts, round.yield);
  }
  const { data } = await gatherAccepted({ pool, selfInstruct: null }, nobodyOpens, store, attempt);
  return { data, yield: counts };
}

/** The kept rows follow from the accepted ones: dedupe over the whole set, done again. */
export async function redoDedupe(
  { settings, sample, generate, dedupe }: PipelineRun,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<Finding> {
  const again = await dedupeRows(
    {
      ...settings.dedupe,
      tokenization: tokenizationOfSet(settings.dedupe.tokenization, sample.tokenization, generate),
      embedding: null,
      data: generate.data,
      against: sample.seedTasks,
      budgetUsd: null,
    },
    { store, clientFor: askNobody, paidBy: 'reproduce' },
    attempt,
  );
  if (settings.dedupe.embedding !== null) return checkBeforeEmbedding(again.data, dedupe.data, store);
  return unless(
    unequal([
      ['the digest of the kept rows', again.data.sha256, dedupe.data.sha256],
      ['the digest of the rejected rows', again.rejected.sha256, dedupe.rejected.sha256],
      ['the digest of the similarities', again.similarity?.sha256, dedupe.similarity?.sha256],
    ]),
    `${again.data.rows} of ${generate.data.rows} rows kept, byte for byte`,
  );
}

/** The released rows follow from those that dedupe kept: filtered again, by the grades that the ledger has. */
export async function redoFilter(
  { settings, dedupe, filter }: PipelineRun,
  store: ArtifactStore,
  profiles: TeacherProfiles,
  attempt: Attempt,
): Promise<Finding> {
  if (filter === null || settings.filter === null) return notCheckable('the run did not filter');
  const { language, languages, filter: chosen } = settings;
  const { data, similarity } = dedupe;
  const decontaminate = chosen.decontaminate && { ...chosen.decontaminate, files: filter.against };
  const grade = chosen.grade && { ...chosen.grade, rubric: filter.grades?.rubric ?? chosen.grade.rubric };
  const input = { ...chosen, decontaminate, grade, language, languages, data, similarity, budgetUsd: null };
  const filtered = await filterRows(input, { store }, attempt);
  const again = await gradeRows(
    { filter: input, filtered },
    recordedGrades(store, profiles),
    'reproduce',
    attempt,
  );
  return unless(
    unequal([
      ['the digest of the kept rows', again.data.sha256, filter.data.sha256],
      ['the digest of the dropped rows', again.dropped.sha256, filter.dropped.sha256],
      ['the digest of the similarities', again.similarity?.sha256, filter.similarity?.sha256],
      ['the digest of the graded rows', again.grades?.rows.sha256, filter.grades?.rows.sha256],
    ]),
    `${again.data.rows} of ${data.rows} rows kept, byte for byte`,
  );
}

function recordedGrades(store: ArtifactStore, profiles: TeacherProfiles): GradeDependencies {
  const ledger = openLedger(store, JUDGE_LEDGER);
  return {
    store,
    gradersFor: (settings) =>
      gradersOf(settings, profiles, (name) =>
        createRecordedJudge(profiles.get(name), ledger, settings.verdictTokens, gradeForm(settings)),
      ),
  };
}

/** Vectors cost money to make again: what ROUGE-L kept must hold all that the embeddings left of it. */
async function checkBeforeEmbedding(
  byRouge: ArtifactReference,
  kept: ArtifactReference,
  store: ArtifactStore,
): Promise<Finding> {
  const rows = await readRows(await store.open(byRouge), dataRow);
  const found = new Set(rows.map((row) => JSON.stringify(row)));
  const released = await readRows(await store.open(kept), dataRow);
  return unless(
    released.flatMap((row, index) =>
      found.has(JSON.stringify(row)) ? [] : [`row ${index} is not among those that ROUGE-L keeps`],
    ),
    `every row is one that ROUGE-L keeps; which of these the embeddings dropped was not done again`,
  );
}

function askNobody(): never {
  throw new AlpacaError('Configuration', 'Reproducing asks no teacher.');
}

import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import type { TeacherProfiles } from '../../teacher/profile/profiles.ts';
import { referencesOf } from '../manifest.ts';
import { checkFiles, checkManifest } from './check-files.ts';
import { checkModel } from './check-model.ts';
import { checkCounts, checkOrigin, checkSimilarity, checkSplits } from './check-rows.ts';
import { checkSums, checkTexts } from './check-texts.ts';
import { type Claim, check, checkByStore, differing, type Finding, holds, notCheckable } from './claims.ts';
import { type OpenedRelease, openRelease, readManifest } from './opened-release.ts';
import { type PipelineRun, pipelineRunOf } from './pipeline-run.ts';
import { redoDedupe, redoFilter, redoGeneration } from './redo-data.ts';
import { redoTraining } from './redo-training.ts';
import { redoPairs, redoPlan, redoTokens, redoWinRate } from './redo-training-inputs.ts';
import { withScratchStore } from './scratch-store.ts';

/** What a release can be checked by beyond its own files: the store of the run, and the teachers' profiles. */
export interface ReproductionSources {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** whether to train again too, which takes as long as the run's training on one machine */
  trainsAgain?: boolean;
}

/**
 * Checks a release against its manifest, claim by claim. Nothing is written but to a temporary folder, and
 * no teacher is asked.
 *
 * @param sources null where the run's store is not at hand: what follows from it is then not checkable
 * @throws AlpacaError NotFound where the folder has no manifest
 */
export async function reproduce(
  folder: string,
  sources: ReproductionSources | null,
  attempt: Attempt,
): Promise<Claim[]> {
  let found: Awaited<ReturnType<typeof readManifest>>;
  try {
    found = await readManifest(folder);
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') throw error;
    return [differing(AS_WRITTEN, error)];
  }
  const { manifest, raw } = found;
  const claims = [
    await check(AS_WRITTEN, () => checkManifest(manifest, raw)),
    await check('every file is as it was written', () => checkFiles(folder, manifest)),
  ];
  let release: OpenedRelease;
  try {
    release = await openRelease(folder, manifest);
  } catch (error) {
    return [...claims, differing(ROWS_CAN_BE_READ, error)];
  }
  const rows = holds(`${release.contents.rows.length} rows with as many lines of provenance`);
  return [
    ...claims,
    { claim: ROWS_CAN_BE_READ, ...rows },
    ...(await checkRelease(release)),
    ...(await redoRun(release, sources, attempt)),
  ];
}

const AS_WRITTEN = 'the manifest is as it was written';
const ROWS_CAN_BE_READ = 'every row says where it came from';

/** What the release's own files can show. */
async function checkRelease(release: OpenedRelease): Promise<Claim[]> {
  return [
    await check('rows are counted right', () => checkCounts(release)),
    await check('the splits are disjoint and complete', () => checkSplits(release)),
    await check('the rows are those that the run kept', () => checkOrigin(release)),
    await check('the similarities are those of the run', () => checkSimilarity(release)),
    await check('the figures of the steps add up', () => checkSums(release)),
    await check('the cards say what the run measured', () => checkTexts(release)),
    await check('the weights are those that the run trained', () => checkModel(release)),
  ];
}

/** What the run's store can show. */
async function redoRun(
  release: OpenedRelease,
  sources: ReproductionSources | null,
  attempt: Attempt,
): Promise<Claim[]> {
  const { contents } = release;
  const run = pipelineRunOf(contents);
  const redo = (claim: string, work: (run: PipelineRun, sources: ReproductionSources) => Promise<Finding>) =>
    checkByStore(claim, async () => {
      attempt.signal.throwIfAborted();
      if (run === null) return notCheckable('the release is not of a whole run');
      if (sources === null) return notCheckable('it takes the store of the run: name it with --store FOLDER');
      return work(run, sources);
    });
  return [
    await redo('what the steps made is in the store', (found, { store }) => checkArtifacts(found, store)),
    await redo('the rows follow from the ledger', (found, { store, profiles }) =>
      withScratchStore(store, (scratch) => redoGeneration(found, scratch, profiles, attempt)),
    ),
    await redo('the kept rows follow from the accepted ones', (found, { store }) =>
      withScratchStore(store, (scratch) => redoDedupe(found, scratch, attempt)),
    ),
    ...(contents.run?.filter
      ? [
          await redo('the filtered rows follow from the kept ones', (found, { store, profiles }) =>
            withScratchStore(store, (scratch) => redoFilter(found, scratch, profiles, attempt)),
          ),
        ]
      : []),
    await redo('the tokens follow from the rows', (found, { store }) =>
      withScratchStore(store, (scratch) => redoTokens(found, scratch, attempt)),
    ),
    await redo('the training went by the plan', (found, { store }) =>
      withScratchStore(store, (scratch) => redoPlan(found, scratch)),
    ),
    await redo('the win rate follows from the annotations', (found, { store }) => redoWinRate(found, store)),
    ...(contents.hasPairs
      ? [
          await redo('the pairs follow from verdicts, votes and grades', (_, { store }) =>
            redoPairs(release, store),
          ),
        ]
      : []),
    await redo('the weights follow from the training', async (found, { store, trainsAgain }) =>
      trainsAgain
        ? withScratchStore(store, (scratch) => redoTraining(found, scratch, attempt))
        : notCheckable(
            'it takes training again (`--train`), which gives the same bits on the same build, processor and number of threads',
          ),
    ),
    {
      claim: 'losses and exact match follow from the weights',
      verdict: 'not checkable',
      detail: 'it takes the model to run: `npx alpaca loss` measures it',
    },
  ];
}

/** Every artifact of the run's steps, its digest verified; those that are gone are named. */
async function checkArtifacts(run: PipelineRun, store: ArtifactStore): Promise<Finding> {
  const gone: string[] = [];
  const references = [...referencesOf(run).values()];
  for (const reference of references) {
    await store.open(reference).catch((error: unknown) => {
      if (!(error instanceof AlpacaError) || error.code !== 'NotFound') throw error;
      gone.push(reference.uri);
    });
  }
  return gone.length === 0
    ? holds(`${references.length} artifacts have their digests`)
    : notCheckable(`no longer in the store: ${gone.join(', ')}`);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { percent } from '../../document/figures.ts';
import { winRateOfFile } from '../../evaluate/winrate/winrate-file.ts';
import { tokenizeRows } from '../../tokenize/tokenize-rows.ts';
import { readState } from '../../train/checkpoint/checkpoint.ts';
import { parsePlan } from '../../train/plan/plan.ts';
import { planTraining } from '../../train/plan/plan-training.ts';
import { PAIRS_FILE, pairLines, releasedPairs } from '../preference-file.ts';
import { type Finding, notCheckable, unequal, unless } from './claims.ts';
import type { OpenedRelease } from './opened-release.ts';
import type { PipelineRun } from './pipeline-run.ts';

/** The tokens follow from the released rows and the base model: tokenized and masked again. */
export async function redoTokens(
  { settings, dedupe, filter, tokenize }: PipelineRun,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<Finding> {
  if (tokenize === null) return notCheckable('the run did not tokenize');
  const { runSeed, language } = settings;
  const again = await tokenizeRows(
    { runSeed, language, ...settings.tokenize, data: (filter ?? dedupe).data },
    { store },
    attempt,
  );
  return unless(
    unequal([
      ['the digest of the prepared base model', again.model.sha256, tokenize.model.sha256],
      ['the digest of the training tokens', again.tokens.sha256, tokenize.tokens.sha256],
      ['the digest of the held-out tokens', again.heldOutTokens.sha256, tokenize.heldOutTokens.sha256],
      ['the digest of the held-out rows', again.heldOutRows.sha256, tokenize.heldOutRows.sha256],
      ['rows truncated', again.truncated, tokenize.truncated],
    ]),
    `${again.tokens.rows} training and ${again.heldOutTokens.rows} held-out rows, byte for byte`,
  );
}

/** The last checkpoint says that it was trained on these tokens by this plan: the plan is made again. */
export async function redoPlan(run: PipelineRun, store: ArtifactStore): Promise<Finding> {
  const { settings, tokenize, train } = run;
  if (tokenize === null || train === null) return notCheckable('the run trained no model');
  const { identity, step } = await readState(await store.open(train.checkpoint));
  const { plan } = await planTraining(
    {
      settings: { runSeed: settings.runSeed, ...settings.train },
      model: tokenize.model,
      tokens: tokenize.tokens,
      addedTokens: tokenize.addedTokens,
    },
    { store },
  );
  const path = await store.open(plan);
  const { digest, totalSteps } = parsePlan(await readFile(path, 'utf8'), path);
  return unless(
    unequal([
      ['the digest of the base that the checkpoint names', identity.model, tokenize.model.sha256],
      ['the digest of the tokens that the checkpoint names', identity.tokens, tokenize.tokens.sha256],
      ['the digest of the plan that the checkpoint names', identity.plan, digest],
      ['the step of the checkpoint', step, totalSteps],
      ['optimizer steps', train.steps, totalSteps],
    ]),
    `the last checkpoint is of step ${step} of the plan that seed and tokens give`,
  );
}

/** The win rate follows from the judge's annotations. */
export async function redoWinRate({ evaluate }: PipelineRun, store: ArtifactStore): Promise<Finding> {
  if (evaluate === null) return notCheckable('the run did not evaluate');
  const { pairwise, annotations } = evaluate;
  const again = await winRateOfFile(await store.open(annotations));
  return unless(
    unequal([
      ['wins', again.wins, pairwise.wins],
      ['losses', again.losses, pairwise.losses],
      ['ties', again.ties, pairwise.ties],
      ['the win rate', again.winRate, pairwise.winRate],
      ['its standard error', again.standardError, pairwise.standardError],
    ]),
    `${again.n} annotations give ${percent(again.winRate)}`,
  );
}

/** The pairs follow from verdicts, votes and grades. */
export async function redoPairs({ folder, contents }: OpenedRelease, store: ArtifactStore): Promise<Finding> {
  const { run, publication } = contents;
  const pairs = await releasedPairs({ run, ...publication }, (reference) => store.open(reference));
  const found = await readFile(join(folder, PAIRS_FILE), 'utf8');
  const isSame = found === [...pairLines(pairs)].join('');
  return unless(isSame ? [] : [`${PAIRS_FILE} is another`], `${pairs.length} pairs, byte for byte`);
}

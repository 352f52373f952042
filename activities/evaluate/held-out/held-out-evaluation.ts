import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import {
  type CandidateLoss,
  candidateLetter,
  type EvaluateResult,
} from '../../../workflows/contracts/evaluate.ts';
import type { Attempt } from '../../attempt.ts';
import type { Example } from '../../model/example.ts';
import { hasRandomWeights, readConfig } from '../../model/folder/folder.ts';
import type { TokenizerProcess } from '../../tokenize/prepared-model.ts';
import { formatPrompt } from '../../tokenize/templates.ts';
import { type CandidateRooms, withCandidate } from '../answers/candidate.ts';
import { measureExactMatch, type RightAnswer } from '../answers/exact-match.ts';
import type { Candidate } from '../answers/inference.ts';
import type { SeenInTraining } from '../answers/instructions.ts';
import { exchangePrompts } from './exchange.ts';
import { bigramLoss, measureLoss } from './held-out.ts';
import { answerHeldOut } from './held-out-answers.ts';

export interface HeldOutEvaluation {
  /** local paths of the candidates' model folders; null for one that is no model */
  models: readonly (string | null)[];
  /** held-out rows as tokens and as text, line by line the same; empty where there are none */
  tokens: readonly Example[];
  rows: readonly RecipeRow[];
  /** the training rows as tokens, for the bigram baseline; null where they are not known */
  training: readonly Example[] | null;
  seen: SeenInTraining;
  rightAnswer: RightAnswer;
  seed: number;
  /** of an answer that is shown */
  maxNewTokens: number;
}

export interface HeldOutFigures
  extends Pick<EvaluateResult, 'heldOut' | 'exactMatch' | 'heldOutAnswers' | 'base'> {
  losses: (CandidateLoss | null)[];
}

/**
 * What can be measured without a judge. Models are opened one after the other, so that memory holds one.
 * Rows whose instruction training has seen are left out. `heldOut` is null for fewer than two held-out rows:
 * there is no other prompt to exchange with.
 */
export async function evaluateHeldOut(
  evaluation: HeldOutEvaluation,
  rooms: CandidateRooms,
  attempt: Attempt,
): Promise<HeldOutFigures> {
  const { models, training, seed } = evaluation;
  const [modelA = null, modelB = null] = models;
  const { tokens, rows, excluded } = withoutSeen(evaluation);
  const measurable = tokens.length >= 2;
  const base = modelB === null ? null : { isRandom: await hasRandomWeights(modelB), ownFormLoss: null };
  const none = { heldOut: null, exactMatch: null, heldOutAnswers: [] };
  const nothing = { ...none, losses: models.map(() => null), base };
  if (modelA === null || (!measurable && rows.length === 0)) return nothing;
  const a = await measureFirst(modelA, { ...evaluation, tokens, rows }, rooms, attempt);
  if (a.loss === null || a.exchanged === null || a.loss.targets === 0) {
    return { ...nothing, exactMatch: a.exactMatch, heldOutAnswers: a.heldOutAnswers };
  }
  const found: (Losses | null)[] = [{ loss: a.loss.loss, ownFormLoss: null }];
  for (const [place, path] of models.entries()) {
    if (place === 0) continue;
    const what = `model ${candidateLetter(place)}`;
    found.push(
      path === null
        ? null
        : await lossesOf(path, { tokens, rows, prompts: a.prompts, what, seed }, rooms, attempt),
    );
  }
  const losses = found.map((of) => of?.loss ?? null);
  const [, lossB = null] = losses;
  const { vocabSize } = await readConfig(modelA);
  return {
    heldOut:
      lossB === null
        ? null
        : {
            rows: tokens.length,
            targets: a.loss.targets,
            lossA: a.loss.loss,
            lossB,
            lossPromptsExchanged: a.exchanged.loss,
            lossBigram: training === null ? null : bigramLoss(training, tokens, vocabSize).loss,
            excluded,
          },
    exactMatch: a.exactMatch,
    heldOutAnswers: a.heldOutAnswers,
    base: base && { ...base, ownFormLoss: found[1]?.ownFormLoss ?? null },
    losses: losses.map((loss) => (loss === null ? null : { loss, perplexity: Math.exp(loss) })),
  };
}

/** The rows that training has not seen; where their texts are not known, all of them. */
function withoutSeen({ tokens, rows, seen }: HeldOutEvaluation): {
  tokens: readonly Example[];
  rows: readonly RecipeRow[];
  excluded: number;
} {
  const isNew = rows.map(({ instruction }) => !seen(instruction));
  const kept = rows.filter((_, index) => isNew[index]);
  return {
    tokens: tokens.length === rows.length ? tokens.filter((_, index) => isNew[index]) : tokens,
    rows: kept,
    excluded: rows.length - kept.length,
  };
}

/** Prompts as one tokenizer encodes them: another that encodes them alike has the same ids. */
type EncodedPrompts = { prompt: string; ids: string }[];

/** How many prompts two tokenizers must encode alike. */
const PROBES = 16;

async function measureFirst(
  path: string,
  { tokens, rows, rightAnswer, seed, maxNewTokens }: HeldOutEvaluation,
  rooms: CandidateRooms,
  attempt: Attempt,
) {
  const measurable = tokens.length >= 2;
  return withCandidate(path, seed, rooms, attempt, async (candidate) => ({
    loss: measurable ? await measureLoss(candidate.inference, tokens, 'model A', attempt) : null,
    exchanged: measurable
      ? await measureLoss(candidate.inference, exchangePrompts(tokens, seed), 'prompts exchanged', attempt)
      : null,
    exactMatch: await measureExactMatch(
      {
        candidate,
        heldOut: rows,
        rightAnswer,
        seed,
      },
      attempt,
    ),
    heldOutAnswers: await answerHeldOut(candidate, rows, { seed, maxNewTokens }, attempt),
    prompts: await encoded(
      candidate.tokenizer,
      rows.slice(0, PROBES).map((row) => formatPrompt(row)),
    ),
  }));
}

/** Of one model over the held-out rows. */
interface Losses {
  loss: number;
  /** in its own chat template; null where it has none of its own, or a row does not fit it */
  ownFormLoss: number | null;
}

/** Null for a model of another vocabulary: the rows' ids mean nothing to it. */
function lossesOf(
  path: string,
  {
    tokens,
    rows,
    prompts,
    what,
    seed,
  }: {
    tokens: readonly Example[];
    rows: readonly RecipeRow[];
    prompts: EncodedPrompts;
    what: string;
    seed: number;
  },
  rooms: CandidateRooms,
  attempt: Attempt,
): Promise<Losses | null> {
  return withCandidate(path, seed, rooms, attempt, async (candidate) => {
    const { inference, tokenizer } = candidate;
    const theirs = await encoded(
      tokenizer,
      prompts.map(({ prompt }) => prompt),
    );
    if (theirs.some(({ ids }, index) => ids !== prompts[index]?.ids)) return null;
    const { loss } = await measureLoss(inference, tokens, what, attempt);
    const own = await inOwnForm(rows, candidate);
    if (own === null) return { loss, ownFormLoss: null };
    const { loss: ownFormLoss } = await measureLoss(inference, own, `${what}, its own form`, attempt);
    return { loss, ownFormLoss };
  });
}

/** The rows as a chat model was taught to see such, cut at what its context holds; null where one cannot be. */
async function inOwnForm(
  rows: readonly RecipeRow[],
  { tokenizer, hasOwnForm, maxPositions }: Candidate,
): Promise<Example[] | null> {
  if (!hasOwnForm || rows.length === 0) return null;
  const examples = (await tokenizer.examplesInOwnForm(rows)).filter((example) => example !== null);
  if (examples.length < rows.length) return null;
  return examples.map(({ inputIds, labels }) => ({
    inputIds: inputIds.subarray(0, maxPositions),
    labels: labels.subarray(0, maxPositions),
  }));
}

async function encoded(tokenizer: TokenizerProcess, prompts: readonly string[]): Promise<EncodedPrompts> {
  const ids = await tokenizer.encode(prompts, { addSpecialTokens: true });
  return prompts.map((prompt, index) => ({ prompt, ids: ids[index]?.join(' ') ?? '' }));
}

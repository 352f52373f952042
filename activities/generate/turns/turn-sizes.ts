import { speakerOf, type TurnStage } from '../../../workflows/contracts/run/stages.ts';
import { likelyTokens } from '../../teacher/profile/prices.ts';
import { TOKENS_PER_INSTRUCTION } from '../assumptions.ts';
import type { StageSize, StageSizes } from '../prompt/stage-sizes.ts';
import { turnTokens } from './requests.ts';

/** Tokens that a message is expected to take: a question is short, and an answer most of a recipe's row. */
const TOKENS = { user: 20, assistant: 75 } as const;

/** What the prompts before a conversation and the headings in it take. */
const FRAME_TOKENS = 60;
const FRAME_BYTES = 600;

/** Bytes of a token, at the most of what teachers write. */
const BYTES_PER_TOKEN = 4;

/** How many of a stage's first prompts are measured. */
const MEASURED = 50;

/** The stages of conversations after one whose rows are there: its prompts are measured, those to come expected. */
export function turnSizes(
  { prompts, longest, stage }: { prompts: readonly string[]; longest: string; stage: TurnStage },
  later: readonly TurnStage[],
): StageSizes {
  const measured = prompts.slice(0, MEASURED).map(likelyTokens);
  const promptTokens = measured.reduce((sum, tokens) => sum + tokens, 0) / Math.max(1, measured.length);
  const now = sizeOf(stage, { promptTokens, bytes: Buffer.byteLength(longest) });
  return { now: { ...now, longest }, later: growing(stage, now, later) };
}

/** The stages of conversations whose rows are still to come, from answers of `maxTokens` at the most. */
export function turnSizesAhead(maxTokens: number, later: readonly TurnStage[]): StageSizes {
  const [first, ...rest] = later;
  if (first === undefined) return { now: null, later: [] };
  const size = sizeOf(first, {
    promptTokens: FRAME_TOKENS + TOKENS_PER_INSTRUCTION,
    bytes: FRAME_BYTES + maxTokens * BYTES_PER_TOKEN,
  });
  return { now: null, later: [size, ...growing(first, size, rest)] };
}

function sizeOf(
  stage: TurnStage,
  { promptTokens, bytes }: { promptTokens: number; bytes: number },
): StageSize {
  return {
    expected: { promptTokens, completionTokens: TOKENS[speakerOf(stage)] },
    maxTokens: turnTokens(stage),
    longest: 'a'.repeat(bytes),
  };
}

/** Each prompt has the message before it as well. */
function growing(
  before: TurnStage,
  { expected, longest, maxTokens }: StageSize,
  later: readonly TurnStage[],
): StageSize[] {
  const [stage, ...rest] = later;
  if (stage === undefined) return [];
  const size = sizeOf(stage, {
    promptTokens: expected.promptTokens + TOKENS[speakerOf(before)],
    bytes: longest.length + maxTokens * BYTES_PER_TOKEN,
  });
  return [size, ...growing(stage, size, rest)];
}

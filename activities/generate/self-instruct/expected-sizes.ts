import type { SeedTask } from '../../../workflows/contracts/data.ts';
import type { SelfInstructStage } from '../../../workflows/contracts/run/stages.ts';
import { likelyTokens } from '../../teacher/profile/prices.ts';
import type { ExpectedSize } from '../prompt/stage-sizes.ts';
import type { SelfInstructPrompts } from './prompts.ts';
import { ASKED_INSTRUCTIONS } from './read-instructions.ts';

/** Instances that are kept of an instruction, and the share of classifications: 82,439 and 11,584 of 52,445 (Wang et al., table 1). */
const INSTANCES_PER_INSTRUCTION = 82_439 / 52_445;
const CLASSIFICATION_SHARE = 11_584 / 52_445;

/**
 * Tokens of an instance: 18.9 words of output and 12.7 of input, which 56% have (the same table), at four tokens for three
 * words, and some eight of headings.
 */
const TOKENS_PER_INSTANCE = (18.9 + 0.56 * 12.7) * (4 / 3) + 8;

/** The yes or no, and what ends it. */
const CLASSIFICATION_TOKENS = 2;

/** The number before an instruction and the line's end. */
const NUMBERING_TOKENS = 3;

/** How many of a run's first prompts are measured. */
export const MEASURED_PROMPTS = 50;

/**
 * What one prompt of each stage is expected to take. Prompts are measured; the instructions that teachers make are taken to
 * be as long as the seed tasks', and instances as long as the original's.
 */
export function expectedSizes(
  prompts: SelfInstructPrompts,
  tasks: readonly SeedTask[],
): Record<SelfInstructStage, ExpectedSize> {
  const instructions = tasks.map(({ instruction }) => instruction);
  const measured = (text: (instruction: string) => string) =>
    mean(instructions.slice(0, MEASURED_PROMPTS).map((instruction) => likelyTokens(text(instruction))));
  const first = Array.from({ length: MEASURED_PROMPTS }, (_, request) =>
    prompts.instructions(request, 0, []),
  );
  const instances = (isClassification: boolean) =>
    measured((instruction) => prompts.instances(instruction, isClassification));
  return {
    instructions: {
      promptTokens: mean(first.map(likelyTokens)),
      completionTokens: ASKED_INSTRUCTIONS * (mean(instructions.map(likelyTokens)) + NUMBERING_TOKENS),
    },
    classification: {
      promptTokens: measured(prompts.classification),
      completionTokens: CLASSIFICATION_TOKENS,
    },
    instances: {
      promptTokens: CLASSIFICATION_SHARE * instances(true) + (1 - CLASSIFICATION_SHARE) * instances(false),
      completionTokens: INSTANCES_PER_INSTRUCTION * TOKENS_PER_INSTANCE,
    },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import { z } from 'zod';
import type { ArtifactReference } from '../data.ts';

/** The stages of a generation: each asks a prompt for every task that the one before it gave. */

/**
 * What Self-Instruct asks a teacher for, one after the other: instructions; of each whether it is a classification;
 * and its instances.
 */
export const selfInstructStage = z.enum(['instructions', 'classification', 'instances']);
export type SelfInstructStage = z.infer<typeof selfInstructStage>;

/** What is asked of every row where rows become conversations: the user's next message, then the answer to it. */
const turnStage = z.enum(['question-2', 'answer-2', 'question-3', 'answer-3', 'question-4', 'answer-4']);
export type TurnStage = z.infer<typeof turnStage>;

/** Questions of a conversation. */
export const MOST_TURNS = 4;

export const generationStage = z.enum([...selfInstructStage.options, ...turnStage.options]);
type GenerationStage = z.infer<typeof generationStage>;

/** What of a generation says which stages it has. */
interface Staged {
  method: 'alpaca' | 'self-instruct';
  turns: number;
}

/** Which stage a generation is in, and what it works on. */
export interface StageAt {
  /** null where it asks for Alpaca's rows */
  stage: GenerationStage | null;
  /** what the stage before this one gave: this one asks one prompt for each; null in the first */
  tasks: ArtifactReference | null;
}

/** The stages of a generation in their order. */
export function stagesOf({ method, turns }: Staged): readonly StageAt['stage'][] {
  if (method === 'self-instruct') return selfInstructStage.options;
  return [null, ...turnStage.options.slice(0, 2 * (turns - 1))];
}

export function firstStage(of: Staged): StageAt {
  return { stage: stagesOf(of)[0] ?? null, tasks: null };
}

/** The stage after one that gave `tasks`; null where it was the last. */
export function stageAfter(of: Staged, stage: StageAt['stage'], tasks: ArtifactReference): StageAt | null {
  const stages = stagesOf(of);
  const next = stages[stages.indexOf(stage) + 1];
  return next === undefined ? null : { stage: next, tasks };
}

export function isTurnStage(stage: string | null): stage is TurnStage {
  return turnStage.safeParse(stage).success;
}

/** Whose message a stage asks for. */
export function speakerOf(stage: TurnStage): 'user' | 'assistant' {
  return stage.startsWith('question') ? 'user' : 'assistant';
}

/** Who can have several turns: whoever asks for Alpaca's rows. */
export function canHaveTurns({ turns, from, method }: Staged & { from: unknown }): boolean {
  return turns === 1 || (from === null && method === 'alpaca');
}
export const TURNS_REFUSED =
  'generate.turns above 1 goes on from rows of the method "alpaca" alone: not from the instances of Self-Instruct, nor from rows that exist';

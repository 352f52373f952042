import type { LoraConfig } from './adapter/lora.ts';
import type { SessionStep, SessionStepResult } from './decoding-sessions.ts';
import type { Example, LossSum } from './example.ts';
import type { Penalties } from './sampling.ts';

/** What the process of a model is asked by openModel. */
export type ModelRequest =
  | {
      kind: 'open';
      modelPath: string;
      trained: TrainedWeights | null;
      adapterPath: string | null;
      precision: 'f32' | 'bf16';
    }
  | { kind: 'losses'; examples: readonly Example[] }
  | { kind: 'complete'; prompts: readonly (readonly number[])[]; options: CompletionOptions }
  | { kind: 'step'; step: SessionStep };

export type ModelReply =
  | { kind: 'opened' }
  | { kind: 'losses'; losses: LossSum[] }
  | { kind: 'complete'; completions: number[][] }
  | { kind: 'step'; result: SessionStepResult };

/** A checkpoint's weights: a safetensors file of all of them, or of an adapter. */
export interface TrainedWeights {
  path: string;
  lora: LoraConfig | null;
}

export interface CompletionOptions extends Penalties {
  maxNewTokens: number;
  /** 0 is greedy */
  temperature: number;
  topP: number;
  /** null or absent: no bound */
  topK?: number | null;
  seed: number;
  stopIds: readonly number[];
}

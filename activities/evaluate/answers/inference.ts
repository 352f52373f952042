import type { Example, LossSum } from '../../model/example.ts';
import type { TokenizerProcess } from '../../tokenize/prepared-model.ts';

/** What evaluation needs of a model that runs in a child process; see activities/model/. */
export interface Inference {
  /** Per row: how many targets count, and their negative log-likelihoods in nats, added up. */
  losses(rows: Example[]): Promise<LossSum[]>;
  /** Continuations of prompts, as ids without the prompt; each ends before the first of `stopIds`. */
  complete(prompts: number[][], decoding: Decoding): Promise<number[][]>;
  close(): Promise<void>;
}

export interface Decoding {
  maxNewTokens: number;
  /** 0 is greedy */
  temperature: number;
  topP: number;
  /** null or absent: no bound */
  topK?: number | null;
  seed: number;
  stopIds: readonly number[];
}

/** A model ready to answer: its weights behind a process, and the tokenizer of the same folder behind another. */
export interface Candidate {
  inference: Inference;
  tokenizer: TokenizerProcess;
  /** it is a chat model, asked in a form of its own */
  hasOwnForm: boolean;
  /** tokens that the model's context holds */
  maxPositions: number;
  /** ids that end an answer */
  stopIds: readonly number[];
}

/** Tokens of one prompt and of its answer, as they are expected on average. */
export interface ExpectedSize {
  promptTokens: number;
  completionTokens: number;
}

/** What one prompt of a stage is expected to take, and can take at the most. */
export interface StageSize {
  expected: ExpectedSize;
  /** of one answer */
  maxTokens: number;
  /** a prompt as long as any of the stage can be; of a stage to come as long as is expected at the most */
  longest: string;
}

/** The stages of a generation from one on. */
export interface StageSizes {
  /** null where the prompts of this one are measured as Alpaca's are */
  now: StageSize | null;
  later: readonly StageSize[];
}

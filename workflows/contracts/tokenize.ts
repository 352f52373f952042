import { z } from 'zod';
import { artifactReference, dataSource } from './data.ts';
import { runSettings } from './run.ts';

/** The step `tokenize`: templates, tokens, masks, and the held-out rows. */

export const tokenizeSettings = z.strictObject({
  model: dataSource
    .default('builtin')
    .describe(
      'The base model: `builtin` (tiny, untrained), a Hugging Face folder, or `hf:OWNER/NAME[@REVISION]` where the worker may fetch it',
    ),
  maxLength: z
    .int()
    .min(8)
    .max(131_072)
    .default(512)
    .describe('Tokens of a row, prompt and answer together; longer rows are cut, plain text into pieces'),
  trainOnPrompt: z
    .boolean()
    .default(false)
    .describe('Learn the prompt’s tokens too, in place of masking them'),
  format: z
    .enum(['alpaca', 'chat', 'text'])
    .default('alpaca')
    .describe(
      '`alpaca` puts rows into a prompt template, `chat` into a chat template, of which every assistant turn is learnt with what ends it; `text` takes plain text, of which every token is learnt',
    ),
  template: dataSource
    .nullable()
    .default(null)
    .describe(
      'A JSON file with prompt_input and prompt_no_input; `builtin` for that of the run’s language; null for what the model was taught with. In the format `chat` a Jinja file, or builtin:chatml, builtin:llama3, builtin:mistral, builtin:zephyr; null for the model’s own',
    ),
  rewrittenTurns: z
    .enum(['divide', 'as-rendered', 'refuse'])
    .default('divide')
    .describe(
      'Conversations whose earlier turns the chat template drops or rewrites: learn each answer in a row of its own, as it was asked for; what is left of them as it stands; or refuse them',
    ),
  specialTokensInRows: z
    .enum(['parse', 'text'])
    .default('parse')
    .describe('Text in a row that spells a special token: its id, as the recipe has it, or plain text'),
  heldOut: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('The share of rows kept out of training, drawn by the run seed'),
  heldOutData: dataSource
    .nullable()
    .default(null)
    .describe('Rows to measure on, in place of a share of those to train on'),
});

export const tokenizeInput = z.strictObject({
  ...runSettings.shape,
  ...tokenizeSettings.shape,
  data: dataSource.default('builtin'),
});
export type TokenizeInput = z.infer<typeof tokenizeInput>;

export const tokenizeResult = z.strictObject({
  model: artifactReference.describe(
    'The base model, special tokens added: config.json, model.safetensors, tokenizer.json',
  ),
  tokens: artifactReference.describe(
    'Training rows, Parquet: row (int32), input_ids (list int32), labels (list int32, -100 masked)',
  ),
  heldOutTokens: artifactReference.describe('Held-out rows, same columns'),
  heldOutRows: artifactReference.describe('Held-out rows as text, JSONL'),
  truncated: z.int(),
  fullyMasked: z.int().describe('Rows whose prompt alone fills maxLength: counted and left out of training'),
  endOfTextLost: z.int().describe('Rows whose end-of-text token was cut off by truncation'),
  prefixMismatches: z.int().describe('Rows whose prompt ids are not a prefix of the full ids'),
  spellingSpecialTokens: z.int().default(0).describe('Rows whose own text spells a special token'),
  rewrittenTurns: z
    .int()
    .default(0)
    .describe('Conversations whose earlier turns the chat template drops or rewrites'),
  piecesOfTemplate: z
    .array(z.string())
    .default([])
    .describe('What looks like a special token in the chat template, of which the tokenizer has none'),
  addedTokens: z.array(z.string()),
});
export type TokenizeResult = z.infer<typeof tokenizeResult>;

export interface TokenizeActivities {
  tokenizeRows(input: TokenizeInput): Promise<TokenizeResult>;
}

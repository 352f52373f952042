import { promptsOf, type RequestYield } from '../../../workflows/contracts/generate.ts';
import { AlpacaError } from '../../errors.ts';
import { type LedgerEntry, ledgerKey } from '../../teacher/ledger/ledger.ts';
import type { GenerationRun } from '../generation-run.ts';
import { originalRequest } from '../prompt/original-request.ts';

/**
 * The outcomes of one request's prompts, in order.
 *
 * @throws AlpacaError NotFound where the ledger lacks one
 */
export function readOutcomes(request: number, run: GenerationRun): Promise<LedgerEntry[]> {
  const prompts = Array.from({ length: promptsOf(request, run.settings) }, (_, prompt) => prompt);
  return Promise.all(prompts.map((prompt) => readOutcome(request, prompt, run)));
}

async function readOutcome(request: number, prompt: number, run: GenerationRun): Promise<LedgerEntry> {
  const { prompts, profile, ledger } = run;
  const original = originalRequest({ request, prompt }, run);
  const entry = await ledger.read(ledgerKey(original, prompts.occurrence(request, prompt)));
  if (entry) return entry;
  throw new AlpacaError(
    'NotFound',
    `The ledger "${ledger.name}" has no answer for prompt ${prompt} of request ${request}, which was answered before.`,
    {
      remedy: `Check that every worker has the same store, and the same model, style and output in its teacher profile "${profile.name}".`,
    },
  );
}

/** What a request's answers took, whoever paid. */
export type AnswerFigures = Pick<RequestYield, 'refused' | 'promptTokens' | 'completionTokens' | 'costUsd'>;

export function figuresOf(entries: readonly LedgerEntry[]): AnswerFigures {
  const answers = { refused: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 };
  for (const { outcome, usage, costUsd } of entries) {
    if (outcome === 'refused') answers.refused += 1;
    answers.promptTokens += usage?.promptTokens ?? 0;
    answers.completionTokens += usage?.completionTokens ?? 0;
    answers.costUsd += costUsd;
  }
  return answers;
}

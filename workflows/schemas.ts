import { z } from 'zod';
import { alpacaInput, alpacaResult, stageName, stepInputs, stepResults } from './contracts/pipeline.ts';
import { controlState, progress } from './contracts/progress.ts';
import * as rating from './contracts/rate.ts';
import { webhookBody } from './contracts/run/events.ts';

/** Every contract by name: what callers in any language check their JSON against. */
export const CONTRACTS: Readonly<Record<string, z.ZodType>> = {
  'alpaca.input': alpacaInput,
  'alpaca.result': alpacaResult
    .nullable()
    .describe('null where a schedule’s first run finds too few new rows to train on'),
  ...Object.fromEntries(
    stageName.options.flatMap((step) => [
      [`${step}.input`, stepInputs[step]],
      [`${step}.result`, stepResults.shape[step]],
    ]),
  ),
  'rate.input': rating.rateInput,
  'rate.result': rating.rateResult,
  'rater.input': rating.raterInput,
  'rater.result': rating.raterResult,
  progress,
  'control-state': controlState,
  webhook: webhookBody,
};

export const CONTRACT_NAMES: readonly string[] = Object.keys(CONTRACTS);

/** A contract as JSON Schema (draft 2020-12); undefined where there is none of the name. */
export function jsonSchemaOf(name: string): object | undefined {
  const contract = Object.hasOwn(CONTRACTS, name) ? CONTRACTS[name] : undefined;
  // What a caller sends leaves out fields with defaults; what a workflow answers has them all.
  return contract && z.toJSONSchema(contract, { io: name.endsWith('.input') ? 'input' : 'output' });
}

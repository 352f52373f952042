import { z } from 'zod';
import { alpacaInput, alpacaResult } from './pipeline.ts';
import { controlState, progress } from './progress.ts';
import * as rating from './rating.ts';
import * as steps from './steps.ts';

/** Every contract by name: what callers in any language check their JSON against. */
const CONTRACTS: Readonly<Record<string, z.ZodType>> = {
  'alpaca.input': alpacaInput,
  'alpaca.result': alpacaResult,
  'sample.input': steps.sampleInput,
  'sample.result': steps.sampleResult,
  'generate.input': steps.generateInput,
  'generate.result': steps.generateResult,
  'dedupe.input': steps.dedupeInput,
  'dedupe.result': steps.dedupeResult,
  'tokenize.input': steps.tokenizeInput,
  'tokenize.result': steps.tokenizeResult,
  'train.input': steps.trainInput,
  'train.result': steps.trainResult,
  'evaluate.input': steps.evaluateInput,
  'evaluate.result': steps.evaluateResult,
  'release.input': steps.releaseInput,
  'release.result': steps.releaseResult,
  'rate.input': rating.rateInput,
  'rate.result': rating.rateResult,
  'rater.input': rating.raterInput,
  'rater.result': rating.raterResult,
  progress,
  'control-state': controlState,
};

export const CONTRACT_NAMES: readonly string[] = Object.keys(CONTRACTS);

/** A contract as JSON Schema (draft 2020-12); undefined where there is none of the name. */
export function jsonSchemaOf(name: string): object | undefined {
  const contract = Object.hasOwn(CONTRACTS, name) ? CONTRACTS[name] : undefined;
  // What a caller sends leaves out fields with defaults; what a workflow answers has them all.
  return contract && z.toJSONSchema(contract, { io: name.endsWith('.input') ? 'input' : 'output' });
}

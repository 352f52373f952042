import { z } from 'zod';
import { dedupeInput, dedupeResult } from './contracts/dedupe.ts';
import { evaluateInput, evaluateResult } from './contracts/evaluate.ts';
import { generateInput, generateResult } from './contracts/generate.ts';
import { alpacaInput, alpacaResult } from './contracts/pipeline.ts';
import { controlState, progress } from './contracts/progress.ts';
import * as rating from './contracts/rate.ts';
import { releaseInput, releaseResult } from './contracts/release.ts';
import { sampleInput, sampleResult } from './contracts/sample.ts';
import { tokenizeInput, tokenizeResult } from './contracts/tokenize.ts';
import { trainInput, trainResult } from './contracts/train.ts';

/** Every contract by name: what callers in any language check their JSON against. */
const CONTRACTS: Readonly<Record<string, z.ZodType>> = {
  'alpaca.input': alpacaInput,
  'alpaca.result': alpacaResult,
  'sample.input': sampleInput,
  'sample.result': sampleResult,
  'generate.input': generateInput,
  'generate.result': generateResult,
  'dedupe.input': dedupeInput,
  'dedupe.result': dedupeResult,
  'tokenize.input': tokenizeInput,
  'tokenize.result': tokenizeResult,
  'train.input': trainInput,
  'train.result': trainResult,
  'evaluate.input': evaluateInput,
  'evaluate.result': evaluateResult,
  'release.input': releaseInput,
  'release.result': releaseResult,
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

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { alpacaInput, alpacaResult } from '../../workflows/contracts/pipeline.ts';
import { controlState, progress } from '../../workflows/contracts/progress.ts';
import {
  dedupeInput,
  dedupeResult,
  evaluateInput,
  evaluateResult,
  generateInput,
  generateResult,
  releaseInput,
  releaseResult,
  sampleInput,
  sampleResult,
  tokenizeInput,
  tokenizeResult,
  trainInput,
  trainResult,
} from '../../workflows/contracts/steps.ts';

/** Every contract by name: what callers in any language check their JSON against. */
const CONTRACTS = new Map<string, z.ZodType>([
  ['alpaca.input', alpacaInput],
  ['alpaca.result', alpacaResult],
  ['sample.input', sampleInput],
  ['sample.result', sampleResult],
  ['generate.input', generateInput],
  ['generate.result', generateResult],
  ['dedupe.input', dedupeInput],
  ['dedupe.result', dedupeResult],
  ['tokenize.input', tokenizeInput],
  ['tokenize.result', tokenizeResult],
  ['train.input', trainInput],
  ['train.result', trainResult],
  ['evaluate.input', evaluateInput],
  ['evaluate.result', evaluateResult],
  ['release.input', releaseInput],
  ['release.result', releaseResult],
  ['progress', progress],
  ['control-state', controlState],
]);

/** `/schemas/` lists the names; `/schemas/alpaca.input.schema.json` and its like are JSON Schemas. */
export function serveSchemas(app: FastifyInstance): void {
  app.get('/schemas/', async () => ({ schemas: [...CONTRACTS.keys()].map((name) => `${name}.schema.json`) }));

  app.get<{ Params: { file: string } }>('/schemas/:file', async ({ params: { file } }) => {
    const name = file.replace(/\.schema\.json$/, '');
    const contract = CONTRACTS.get(name);
    if (!contract) {
      throw new AlpacaError('NotFound', `There is no schema ${file}.`, {
        remedy: 'See /schemas/ for the names.',
      });
    }
    // Of an input, fields with defaults may be left out; a result has them all.
    return z.toJSONSchema(contract, { io: name.endsWith('.input') ? 'input' : 'output' });
  });
}

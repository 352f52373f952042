import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeAtomically } from '../../activities/artifacts/atomic.ts';
import { alpacaInput, alpacaResult } from '../../workflows/contracts/pipeline.ts';
import { progress } from '../../workflows/contracts/progress.ts';
import * as steps from '../../workflows/contracts/steps.ts';

/**
 * `npm run schema`: writes every workflow's input and result as JSON Schema, so that a service in any
 * language can check before it starts a run.
 */

const SCHEMAS: Record<string, z.ZodType> = {
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
  progress,
};

const folder = process.argv[2] ?? fileURLToPath(new URL('../../schemas/', import.meta.url));
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(SCHEMAS)) {
  // What a caller sends leaves out fields with defaults; what a workflow answers has them all.
  const json = z.toJSONSchema(schema, { io: name.endsWith('input') ? 'input' : 'output' });
  await writeAtomically(join(folder, `${name}.schema.json`), `${JSON.stringify(json, null, 2)}\n`);
}
process.stdout.write(`${Object.keys(SCHEMAS).length} schemas in ${folder}\n`);

import { parseArgs } from 'node:util';
import { measureUndisturbed } from './undisturbed.ts';

/**
 * `npm run bench -- generate [--target 52002] [--window 64] [--prompts-per-request 1] [--latency-ms 2000]
 * [--round-size 8]`: a whole generation against an endpoint process of its own with a fixed latency.
 */
export async function benchGenerate(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: 'string', default: '52002' },
      window: { type: 'string', default: '64' },
      'prompts-per-request': { type: 'string', default: '1' },
      'latency-ms': { type: 'string', default: '2000' },
      'round-size': { type: 'string', default: '8' },
    },
  });
  return measureUndisturbed({
    target: Number(values.target),
    window: Number(values.window),
    promptsPerRequest: Number(values['prompts-per-request']),
    latencyMs: Number(values['latency-ms']),
    roundSize: Number(values['round-size']),
  });
}

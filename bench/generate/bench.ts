import { parseArgs } from 'node:util';
import { generateUnderKills } from '../../test/chaos/generation-kills.ts';
import { measureUndisturbed } from './undisturbed.ts';

/**
 * `npm run bench -- generate [--target 52002] [--window 64] [--ahead 24] [--prompts-per-request 1] [--latency-ms 2000]
 * [--round-size 32]`: a whole generation against an endpoint process of its own with a fixed latency.
 *
 * `npm run bench -- generate --kills`: a smaller one, with 20 kills of workers and 3 of the server.
 */
export async function benchGenerate(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: 'string', default: '52002' },
      window: { type: 'string', default: '64' },
      ahead: { type: 'string', default: '24' },
      'prompts-per-request': { type: 'string', default: '1' },
      'latency-ms': { type: 'string', default: '2000' },
      kills: { type: 'boolean', default: false },
      'round-size': { type: 'string', default: '32' },
    },
  });
  if (values.kills)
    return { ...(await generateUnderKills({ kills: { dataWorker: 20, server: 3 }, say: console.error })) };
  return measureUndisturbed({
    target: Number(values.target),
    window: Number(values.window),
    ahead: Number(values.ahead),
    promptsPerRequest: Number(values['prompts-per-request']),
    latencyMs: Number(values['latency-ms']),
    roundSize: Number(values['round-size']),
  });
}

import { parseArgs } from 'node:util';
import { AlpacaError } from '../../activities/errors.ts';
import { log, startLog } from '../../activities/log.ts';
import { startOfflineTeacher } from './server.ts';

/**
 * The offline teacher's process. Prints one JSON line `{"url": …}` on standard output when it listens, and
 * on standard error what it is; ends with code 0 on SIGTERM and SIGINT. Options: `--help`. Each has an
 * environment variable too (`--latency-ms` is OFFLINE_TEACHER_LATENCY_MS); the command line goes first.
 */
const FLAGS = {
  host: 'text',
  port: 'number',
  seed: 'text',
  log: 'text',
  'api-key': 'text',
  'latency-ms': 'number',
  'latency-spread-ms': 'number',
  'slow-ms': 'number',
  'requests-per-minute': 'number',
  'tokens-per-minute': 'number',
  'limit-window-ms': 'number',
  'context-tokens': 'number',
  faults: 'json',
  judge: 'json',
  batch: 'json',
} as const;

startLog('info');
try {
  await main();
} catch (error) {
  if (!(error instanceof AlpacaError)) throw error;
  log.failure(error);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const given = readFlags();
  if (given === 'help') {
    console.log(
      `offline-teacher ${Object.entries(FLAGS)
        .map(([flag, kind]) => `[--${flag} ${kind.toUpperCase()}]`)
        .join(' ')}`,
    );
    return;
  }
  const teacher = await startOfflineTeacher(given);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void teacher.close().then(() => process.exit(0)));
  }
  log.info(
    `Offline teacher on ${teacher.url}: it composes tasks with known answers; it is no language model.`,
  );
  console.log(JSON.stringify({ url: teacher.url }));
}

function readFlags(): Record<string, unknown> | 'help' {
  let values: Record<string, unknown>;
  try {
    const flags = Object.keys(FLAGS).map((flag) => [flag, { type: 'string' as const }]);
    ({ values } = parseArgs({ options: { ...Object.fromEntries(flags), help: { type: 'boolean' } } }));
  } catch (error) {
    throw new AlpacaError('Configuration', `${(error as Error).message}.`, { remedy: 'See --help.' });
  }
  if (values.help) return 'help';
  const options: Record<string, unknown> = {};
  for (const [flag, kind] of Object.entries(FLAGS)) {
    const text = values[flag] ?? process.env[`OFFLINE_TEACHER_${flag.toUpperCase().replaceAll('-', '_')}`];
    if (typeof text === 'string') options[optionOf(flag)] = parseValue(flag, kind, text);
  }
  return options;
}

function parseValue(flag: string, kind: (typeof FLAGS)[keyof typeof FLAGS], text: string): unknown {
  if (kind === 'text') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AlpacaError(
      'Configuration',
      `--${flag} is ${text}, which is no ${kind === 'json' ? 'JSON' : 'number'}.`,
    );
  }
}

/** `latency-ms` is the option latencyMs. */
function optionOf(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

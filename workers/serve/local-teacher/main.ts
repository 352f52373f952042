import { parseArgs } from 'node:util';
import { AlpacaError } from '../../../activities/errors.ts';
import { log, startLog } from '../../../activities/log.ts';
import { startLocalTeacher } from './local-teacher.ts';

/**
 * The local teacher's process: `--name NAME --gguf FILE --folder FOLDER --library MODULE --port PORT`. Prints one JSON line `{"url": …}` on
 * standard output when it listens; ends with code 0 on SIGTERM and SIGINT.
 */
startLog('info');
try {
  const text = { type: 'string' as const };
  const { values } = parseArgs({
    options: { name: text, gguf: text, folder: text, library: text, port: text },
  });
  const { name = '', gguf = '', folder = '', library = '', port = '0' } = values;
  const teacher = await startLocalTeacher({ name, gguf, folder, library }, Number(port));
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void teacher.close().then(() => process.exit(0)));
  log.info(`Local teacher on ${teacher.url}: ${name}, by llama.cpp.`);
  console.log(JSON.stringify({ url: teacher.url }));
} catch (error) {
  if (!(error instanceof AlpacaError)) throw error;
  log.failure(error);
  process.exitCode = 2;
}

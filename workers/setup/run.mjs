import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SetupError } from './cache.mjs';
import { environmentFor, launch, NODE_FLAGS } from './launch.mjs';
import { setUp } from './setup.mjs';
import { folderOfGroups, groupsOfQuickTests, groupsOfTests } from './test-groups.mjs';

/**
 * What `npm run NAME` does for the names that need set-up first: npm runs no pre-scripts here, since
 * .npmrc turns scripts off, so set-up is part of the script itself.
 */

/** Files of tests at once. Many wait most of their time: for a server, a teacher, a process that starts. */
const AT_ONCE = `--test-concurrency=${availableParallelism() + 2}`;

/** A process that hangs fails after ten minutes; the longest takes four. */
const NO_FILE_HANGS = '--test-timeout=600000';

/**
 * @typedef {{
 *   parts: import('./setup.mjs').Part[],
 *   args: (given: string[]) => string[],
 *   env?: (env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv
 * }} Task
 * @type {Record<string, Task>}
 */
const TASKS = {
  test: {
    parts: ['node', 'temporal', 'tensorflow'],
    args: (given) => [
      '--test',
      AT_ONCE,
      NO_FILE_HANGS,
      ...orElse(given, () => groupsOfTests('test', folderOfGroups())),
    ],
  },
  'test:quick': {
    parts: ['node'],
    args: (given) => [
      '--test',
      AT_ONCE,
      NO_FILE_HANGS,
      ...orElse(given, () => groupsOfQuickTests('test', folderOfGroups())),
    ],
  },
  'test:long': {
    parts: ['node', 'temporal', 'tensorflow'],
    args: (given) => ['--test', '--test-concurrency=1', ...orElse(given, () => ['test/**/*.long.ts'])],
  },
  'test:containers': {
    parts: ['node', 'temporal'],
    args: (given) => ['--test', ...orElse(given, () => ['test/containers/*.long.ts'])],
  },
  bench: { parts: ['node', 'temporal', 'tensorflow'], args: (given) => ['bench/main.ts', ...given] },
  schema: { parts: ['node'], args: (given) => ['workers/command/schema.ts', ...given] },
  replay: {
    parts: ['node'],
    args: (given) =>
      given.includes('--live') ? ['test/replay/live.ts'] : ['--test', 'test/replay/replay.test.ts'],
    // It looks at the server that they name.
    env: (env) => env,
  },
  histories: { parts: ['node', 'temporal'], args: (given) => ['test/replay/record.ts', ...given] },
};

/**
 * Tests and benchmarks see no key and no server but their own, and none of an outer test runner.
 * @param {NodeJS.ProcessEnv} env
 */
export function cleanEnvironment(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(OPENAI_|TEMPORAL_|AWS_|NODE_TEST_CONTEXT$)/.test(name)),
  );
}

/**
 * @param {string[]} given
 * @param {() => string[]} files where none is given
 */
function orElse(given, files) {
  const isFile = (/** @type {string} */ argument) => !argument.startsWith('-');
  // Node takes no option after the first file.
  const options = given.filter((argument) => !isFile(argument));
  return [...options, ...(given.some(isFile) ? given.filter(isFile) : files())];
}

async function main() {
  const [name = '', ...given] = process.argv.slice(2);
  const task = TASKS[name];
  if (!task) throw new SetupError(`There is no task ${name}; there is ${Object.keys(TASKS).join(', ')}.`);
  process.chdir(fileURLToPath(new URL('../../', import.meta.url)));
  const found = await setUp(task.parts);
  const env = environmentFor(found, (task.env ?? cleanEnvironment)(process.env));
  return launch(found.node, [...NODE_FLAGS, ...task.args(given)], { env });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      const isOurs = error instanceof SetupError || error instanceof AggregateError;
      console.error(isOurs ? error.message : error);
      process.exitCode = 1;
    },
  );
}

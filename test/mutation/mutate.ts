import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { quickTests } from '../../workers/setup/quick-tests.mjs';

export interface Mutated {
  /** mutants in percent that a test failed for, or that never ended */
  score: number;
  mutants: number;
  /** shows every mutant in its place */
  page: string;
  /** those that no test failed for: file and line, and what stood there instead */
  survivors: string[];
}

/**
 * Changes the code of a room in one place at a time, each in a copy of the sources, and counts for how many of
 * these mutants a test fails: of those that mirror the room and are quick.
 *
 * @param room folder beneath the root
 * @param leftOut how the names of files of the room begin that are not mutated, nor their tests run
 */
export async function mutate(room: string, leftOut: readonly string[]): Promise<Mutated> {
  const isIn = (path: string) => !leftOut.some((name) => path.startsWith(`${room}/${name}`));
  const page = `.alpaca/mutants/${room.replaceAll('/', '-')}.html`;
  // The copies are run by this Node, and report to Stryker, not to the runner of this test.
  process.env.PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  delete process.env.NODE_TEST_CONTEXT;
  process.env.ALPACA_PROPERTY_SHRINK = 'no';
  const results = await new Stryker({
    mutate: sourcesIn(room).filter(isIn),
    testRunner: 'tap',
    tap: {
      testFiles: quickTests(`test/unit/${room}`).filter((path) => isIn(path.replace(/^test\/unit\//, ''))),
      nodeArgs: ['--test-reporter=tap', '--require', '{{hookFile}}', '{{testFile}}'],
      forceBail: true,
    },
    coverageAnalysis: 'perTest',
    concurrency: availableParallelism(),
    // A loop without end is seen by its count of rounds; this is for what only waits.
    timeoutMS: 5_000,
    plugins: [import.meta.resolve('@stryker-mutator/tap-runner'), import.meta.resolve('./prose.ts')],
    ignorers: ['prose'],
    reporters: ['html', 'progress-append-only'],
    htmlReporter: { fileName: page },
    tempDirName: '.alpaca/mutation',
    ignorePatterns: ['**', '!package.json', '!activities/**', '!workflows/**', '!seeds/**', '!test/**'],
    // Stryker would read it by an interface that TypeScript 7 has not.
    tsconfigFile: 'none.json',
  }).runMutationTest();
  const found = results.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
  const survivors = results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  const mutants = found + survivors.length;
  return {
    score: (100 * found) / mutants,
    mutants,
    page,
    survivors: survivors.map(
      ({ fileName, location, mutatorName, replacement, status }) =>
        `${fileName}:${location.start.line}:${location.start.column} ${mutatorName} ${status}: ${replacement}`,
    ),
  };
}

function sourcesIn(room: string): string[] {
  return readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => `${room}/${name}`)
    .sort();
}

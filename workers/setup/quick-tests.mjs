import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * What takes seconds to start, or waits: another process, TensorFlow, a Temporal server or worker, a browser.
 * A test is quick where neither its file nor any of ours that it imports has one of these.
 */
const SLOW = [
  /from 'node:child_process'/,
  /'@tensorflow\//,
  /from '@temporalio\/(testing|worker)'/,
  /from 'playwright-core'/,
];
/** Imports of our own files that are there when the code runs: those of types are not. */
const IMPORT =
  /^(?:import|export) (?!type )[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'|import\('(\.[^']+)'\)/gm;

/**
 * The test files beneath a folder that `npm run test:quick` runs, sorted.
 * @param {string} folder
 * @returns {string[]}
 */
export function quickTests(folder) {
  /** @type {Map<string, string>} */
  const sources = new Map();
  return testFiles(folder).filter((path) =>
    reachable(path, sources).every((source) => !SLOW.some((slow) => slow.test(source))),
  );
}

/**
 * All test files beneath a folder but the long ones, sorted.
 * @param {string} folder
 */
export function testFiles(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const tests = names.filter((name) => name.endsWith('.test.ts'));
  return tests.map((name) => join(folder, name)).sort();
}

/**
 * The text of a file and of all of ours that it imports.
 * @param {string} path
 * @param {Map<string, string>} sources read before
 * @returns {string[]}
 */
function reachable(path, sources) {
  const paths = new Set([resolve(path)]);
  for (const each of paths) {
    const source = sources.get(each) ?? readFileSync(each, 'utf8');
    sources.set(each, source);
    for (const found of source.matchAll(IMPORT)) {
      const imported = resolve(dirname(each), found[1] ?? found[2] ?? found[3] ?? '');
      if (existsSync(imported)) paths.add(imported);
    }
  }
  return [...paths].map((each) => sources.get(each) ?? '');
}

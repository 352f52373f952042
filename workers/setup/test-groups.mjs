import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { quickTests, testFiles } from './quick-tests.mjs';

/** Of quick files: a process starts in longer than most of them take. */
const QUICK_FILES = 40;

/** Of files that share a Temporal server and its workers; a process has ten minutes. */
const SHARING_FILES = 6;

/** @param {string} path */
const sharesServer = (path) => /from '[./]*\/shared-harness\.ts'/.test(readFileSync(path, 'utf8'));

/**
 * All test files beneath a folder, in processes: those that start nothing of their own by the dozen in one, those that
 * share a server by the half dozen, the others each alone.
 * @param {string} tests
 * @param {string} folder gets a file for each process with more than one
 * @returns {string[]} what the test runner is to start
 */
export function groupsOfTests(tests, folder) {
  const quick = new Set(quickTests(tests));
  const others = testFiles(tests).filter((path) => !quick.has(path));
  const sharing = new Set(others.filter(sharesServer));
  return [
    ...inProcesses('sharing', [...sharing], SHARING_FILES, folder),
    ...others.filter((path) => !sharing.has(path)),
    ...inProcesses('quick', [...quick], QUICK_FILES, folder),
  ];
}

/**
 * The quick ones alone.
 * @param {string} tests
 * @param {string} folder
 */
export function groupsOfQuickTests(tests, folder) {
  return inProcesses('quick', quickTests(tests), QUICK_FILES, folder);
}

/**
 * @param {string} name
 * @param {string[]} files
 * @param {number} most in one process
 * @param {string} folder
 */
function inProcesses(name, files, most, folder) {
  const processes = Math.ceil(files.length / most);
  return Array.from({ length: processes }, (_, process) => {
    // Neighbours are alike, and so is what they take: each process gets some of each folder.
    const own = files.filter((_, index) => index % processes === process);
    const path = join(folder, `${name}-${process + 1}.test.mjs`);
    writeFileSync(path, own.map((each) => `await import('${pathToFileURL(resolve(each))}');\n`).join(''));
    return path;
  });
}

/** A folder for them, which goes with this process. */
export function folderOfGroups() {
  const folder = mkdtempSync(join(tmpdir(), 'alpaca-tests-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

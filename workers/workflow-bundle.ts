import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';
import { z } from 'zod';

/** Characters of a bundle, its inline source map included, at the most: it is a few million. */
const LARGEST_BUNDLE = 64 << 20;

/**
 * The workflows' code, bundled once for as long as it and the packages stay the same: a worker that is started
 * again is back some seconds sooner.
 */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  const key = await digestOfSources(WORKFLOWS);
  const kept = await readFile(KEPT, 'latin1').catch(() => '');
  if (kept.startsWith(key)) return { code: kept.slice(key.length) };
  const code = await bundleApart();
  // What was edited meanwhile may be in it: it is good for this start, and not to be kept under either digest.
  if ((await digestOfSources(WORKFLOWS)) === key) await keep(key + code).catch(() => {}); // keeping it only saves work
  return { code };
}

const WORKFLOWS = fileURLToPath(new URL('../workflows/', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../node_modules/', import.meta.url));
/** The digest of what it was made from, then the bundle. */
const KEPT = join(PACKAGES, '.cache', 'workflows.js');

/** Bundles in a process that ends with it: the bundler needs some 230 MB, and would never give them back. */
async function bundleApart(): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url)],
    { maxBuffer: LARGEST_BUNDLE, encoding: 'latin1' },
  );
  return stdout;
}

/** Of all that can be in the bundle: the workflows' files, the packages as npm installed them, and this file. */
export async function digestOfSources(workflows: string): Promise<string> {
  const names = await readdir(workflows, { recursive: true });
  const own = names.filter((name) => name.endsWith('.ts')).map((name) => join(workflows, name));
  const hash = createHash('sha256');
  for (const path of [fileURLToPath(import.meta.url), join(PACKAGES, '.package-lock.json'), ...own.sort()]) {
    const content = await readFile(path).catch(() => '');
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Whole or not at all: other processes read it meanwhile. */
async function keep(text: string): Promise<void> {
  await mkdir(dirname(KEPT), { recursive: true });
  const temporary = `${KEPT}.${randomUUID()}`;
  await writeFile(temporary, text, { encoding: 'latin1', flush: true });
  await rename(temporary, KEPT);
}

/**
 * The same code in less memory, of which a worker holds several copies as long as it runs: the source map
 * without the sources' own text, which only stack traces with source lines would show, and each character
 * in one byte, as V8 keeps a text where none needs two.
 */
export function slimmed(bundle: string): string {
  const marked = bundle.lastIndexOf(SOURCE_MAP);
  if (marked === -1) return inOneByteCharacters(bundle);
  const code = bundle.slice(0, marked);
  const json = Buffer.from(bundle.slice(marked + SOURCE_MAP.length), 'base64').toString();
  const { sourcesContent: _, ...map } = z.looseObject({}).parse(JSON.parse(json));
  const encoded = Buffer.from(JSON.stringify(map)).toString('base64');
  return `${inOneByteCharacters(code)}${SOURCE_MAP}${encoded}`;
}

const SOURCE_MAP = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';

/** In strings, identifiers and comments of JavaScript an escape stands for its character. */
function inOneByteCharacters(code: string): string {
  return code.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, 'index.ts'),
    payloadConverterPath: join(WORKFLOWS, 'payload-converter.ts'),
    workflowInterceptorModules: [
      join(WORKFLOWS, 'interceptors/trace.ts'),
      join(WORKFLOWS, 'interceptors/defect.ts'),
      join(WORKFLOWS, 'interceptors/unknown-type.ts'),
      join(WORKFLOWS, 'interceptors/store-witness.ts'),
      join(WORKFLOWS, 'interceptors/sender.ts'),
    ],
    logger: new DefaultLogger('WARN'),
  });
  process.stdout.write(slimmed(code));
}

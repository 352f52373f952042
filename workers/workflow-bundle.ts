import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';
import { z } from 'zod';

/** Characters of a bundle, its inline source map included, at the most: it is a few million. */
const LARGEST_BUNDLE = 64 << 20;

/**
 * Bundles the workflows' code in a process that ends with it: the bundler needs some 230 MB, more than the
 * worker that then runs for days, and would never give them back.
 */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url)],
    { maxBuffer: LARGEST_BUNDLE, encoding: 'latin1' },
  );
  return { code: stdout };
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
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  process.stdout.write(slimmed(code));
}

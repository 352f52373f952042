import { lstat, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, execute, exists, messageOf, SetupError } from './cache.mjs';
import { GPU } from './cuda.mjs';
import { announce, bytesOf, chooseVariant, findGpu, orCpu } from './gpu.mjs';
import { TENSORFLOW } from './pins.mjs';
import { bringEntries } from './pip.mjs';

/**
 * The binding of @tensorflow/tfjs-node-gpu, built against the libtensorflow of a TensorFlow wheel. The
 * package's own install script would bring libtensorflow 2.9.1 of 2022, and is only used where there is
 * no wheel. The binding is pure Node-API, so one build serves every Node and needs no node-gyp.
 *
 * The cache folder holds `tfjs_binding.node` and, as in site-packages, `tensorflow/` and (GPU) `nvidia/`.
 */

/** @typedef {{ version: string, from: string, note: string | null }} Found */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIBRARIES = {
  linux: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
  darwin: ['tensorflow/libtensorflow_cc.2.dylib', 'tensorflow/libtensorflow_framework.2.dylib'],
};
const INCLUDE = 'tensorflow/include';
/** the headers that the binding includes, of the 13,000 in the wheel */
const HEADERS = [
  `${INCLUDE}/tensorflow/c/`,
  `${INCLUDE}/tensorflow/core/platform/ctstring`,
  `${INCLUDE}/tsl/platform/ctstring`,
  `${INCLUDE}/xla/tsl/c/`,
];

/**
 * @param {{ root?: string, platform?: string, print?: (line: string) => void }} [options] `root` is the
 *   clone, whose node_modules gets the link
 * @returns {Promise<Found>}
 */
export async function findTensorFlow({
  root = ROOT,
  platform = `${process.platform}-${process.arch}`,
  print = console.error,
} = {}) {
  const tfjs = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  if (!(await exists(tfjs))) throw new SetupError(`${tfjs} is missing. Run \`npm ci\` first.`);
  const cpu = TENSORFLOW[platform];
  if (!cpu) return ownInstaller(root, tfjs, platform);

  const wish = process.env.ALPACA_TENSORFLOW;
  const gpu = wish === 'cpu' ? null : await findGpu();
  const { variant, note } = chooseVariant({ wish, platform, gpu });
  const key = `${platform}-tfjs-${JSON.parse(await readFile(join(tfjs, 'package.json'), 'utf8')).version}`;
  const bring = (/** @type {import('./gpu.mjs').Variant} */ chosen) =>
    chosen === 'gpu' ? bringGpu(GPU[platform], key, root, tfjs, print) : bringCpu(cpu, key, root, tfjs);
  const { folder, ...found } = await orCpu(variant, bring, print);
  await linkTo(folder, join(tfjs, 'lib', 'napi-v8'));
  return { ...found, note: found.note ?? note };
}

/**
 * Whether an entry of the wheel is needed: the two libraries and the headers that the binding includes.
 * @param {string} name
 * @param {'linux' | 'darwin'} [platform]
 */
export function isNeeded(name, platform = process.platform === 'darwin' ? 'darwin' : 'linux') {
  return LIBRARIES[platform].includes(name) || HEADERS.some((prefix) => name.startsWith(prefix));
}

/** The C++ compiler, asked for before anything large is downloaded. */
export async function findCompiler(names = [process.env.CXX, 'g++', 'c++', 'clang++']) {
  for (const name of names) {
    if (!name) continue;
    const found = await execute(name, ['--version'], { timeoutMs: 20_000 }).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  throw new SetupError(
    `The TensorFlow binding needs a C++ compiler; tried ${names.filter(Boolean).join(', ')}. Install one: ` +
      '`apt-get install g++` (Debian, Ubuntu), `dnf install gcc-c++` (Fedora), `apk add g++` (Alpine), ' +
      '`xcode-select --install` (macOS). CXX names another.',
  );
}

/**
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {string} key
 * @param {string} root
 * @param {string} tfjs
 * @returns {Promise<Found & { folder: string }>}
 */
async function bringCpu(pin, key, root, tfjs) {
  let from = 'cache';
  const folder = await cached(`tensorflow-${pin.version}-${key}`, async (target) => {
    const compiler = await findCompiler();
    from = await bringEntries(pin, target, { keep: (name) => isNeeded(name), required: libraries() });
    await build(compiler, root, tfjs, target);
    await load(target);
  });
  return { folder, version: pin.version, from, note: null };
}

/**
 * The binding is built before the CUDA wheels are downloaded: libtensorflow opens those only when it runs.
 *
 * Verified on a machine without a GPU, with all wheels: the binding builds, loads and trains on the CPU, the
 * loader looks for libcudart.so.12 in `nvidia/NAME/lib` here (LD_DEBUG=libs), and of all the CUDA libraries
 * name as needed only the driver's libcuda.so.1 is not here. Not verified: computing on a GPU. There `load`
 * says, at the first set-up, whether libtensorflow opened one.
 * @param {import('./cuda.mjs').GpuPins | undefined} pins
 * @param {string} key
 * @param {string} root
 * @param {string} tfjs
 * @param {(line: string) => void} print
 * @returns {Promise<Found & { folder: string }>}
 */
async function bringGpu(pins, key, root, tfjs, print) {
  if (!pins) throw new SetupError(`There are no CUDA wheels for ${key}.`);
  const { tensorflow, cuda } = pins;
  let from = 'cache';
  let note = null;
  const folder = await cached(`tensorflow-${tensorflow.version}-gpu-${key}`, async (target) => {
    const compiler = await findCompiler();
    await announce(bytesOf(pins), target, print);
    // No second copy of gigabytes in pip's cache, and its temporary files on the disk that was measured.
    const env = { ...process.env, PIP_NO_CACHE_DIR: '1', TMPDIR: target };
    from = await bringEntries(tensorflow, target, {
      keep: (name) => isNeeded(name, 'linux'),
      required: Object.keys(tensorflow.entries),
      env,
    });
    await build(compiler, root, tfjs, target);
    for (const pin of cuda) {
      const required = Object.keys(pin.entries);
      await bringEntries(pin, target, { keep: (name) => required.includes(name), required, env });
    }
    if (!(await load(target))) note = 'the GPU library, but it opened no GPU and computes on the CPU';
  });
  return { folder, version: `${tensorflow.version} for the GPU`, from, note };
}

/**
 * @param {string} compiler
 * @param {string} root
 * @param {string} tfjs
 * @param {string} target
 */
async function build(compiler, root, tfjs, target) {
  const binding = join(target, 'tfjs_binding.node');
  const darwin = process.platform === 'darwin';
  const shared = darwin ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  await execute(compiler, [
    ...['-std=c++17', '-O2', '-fPIC', ...shared],
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    ...['-I', join(root, 'node_modules', 'node-api-headers', 'include'), '-I', join(target, INCLUDE)],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(tfjs, 'binding', source)),
    ...libraries().map((library) => join(target, library)),
    `-Wl,-rpath,${darwin ? '@loader_path' : '$ORIGIN'}/tensorflow`,
    ...['-o', binding],
  ]).catch((error) => {
    throw new SetupError(`${compiler} could not build the TensorFlow binding: ${messageOf(error)}`);
  });
  await rm(join(target, INCLUDE), { recursive: true });
}

/**
 * Loads the binding in a process of its own.
 * @param {string} target
 * @returns {Promise<boolean>} whether libtensorflow computes on a GPU
 */
async function load(target) {
  const binding = JSON.stringify(join(target, 'tfjs_binding.node'));
  const program = `process.stdout.write(String(require(${binding}).isUsingGpuDevice()))`;
  const answer = await execute(process.execPath, ['-e', program]).catch((error) => {
    throw new SetupError(`The TensorFlow binding was built but does not load: ${messageOf(error)}`);
  });
  return answer.trim() === 'true';
}

/**
 * Points the package's `lib/napi-v8`, where it looks for its binding, to the cache.
 * @param {string} folder
 * @param {string} link
 */
async function linkTo(folder, link) {
  if ((await readlink(link).catch(() => null)) === folder) return;
  await mkdir(dirname(link), { recursive: true });
  const temporary = `${link}.${process.pid}`;
  await rm(temporary, { force: true });
  await symlink(folder, temporary);
  const stat = await lstat(link).catch(() => null);
  if (stat?.isDirectory()) await rm(link, { recursive: true });
  await rename(temporary, link);
}

/**
 * @param {string} root
 * @param {string} tfjs
 * @param {string} platform
 */
async function ownInstaller(root, tfjs, platform) {
  const binding = join(tfjs, 'lib', 'napi-v8', 'tfjs_binding.node');
  const note = `there is no TensorFlow wheel for ${platform}: this is the older library of the package's own installer`;
  if (await exists(binding)) return { version: '2.9.1', from: 'node_modules', note };
  try {
    await execute('npm', ['rebuild', '@tensorflow/tfjs-node-gpu', '--ignore-scripts=false'], { cwd: root });
  } catch (error) {
    throw new SetupError(
      `There is no TensorFlow wheel for ${platform}, and the installer of @tensorflow/tfjs-node-gpu failed: ` +
        `${messageOf(error)} Use Linux (x64, arm64) or macOS on Apple silicon; on Windows, WSL 2.`,
    );
  }
  return { version: '2.9.1', from: 'its own installer', note };
}

function libraries() {
  return LIBRARIES[process.platform === 'darwin' ? 'darwin' : 'linux'];
}

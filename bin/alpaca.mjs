#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../workers/setup/cache.mjs';
import { doctorText, examine } from '../workers/setup/doctor.mjs';
import { environmentFor, launch, NODE_FLAGS } from '../workers/setup/launch.mjs';
import { setUp } from '../workers/setup/setup.mjs';

/**
 * The `alpaca` command, as any Node from 20.19 on can start it: brings what the subcommand needs, then
 * hands over to workers/command/main.ts under a Node that runs TypeScript.
 */

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const MAIN = fileURLToPath(new URL('../workers/command/main.ts', import.meta.url));
/** @type {import('../workers/setup/setup.mjs').Part[]} */
const PARTS = ['node', 'temporal', 'tensorflow'];
/** What no command needs unless it is asked for: the engine torchrun, and the teacher `local`, which brings it by itself. */
/** @type {import('../workers/setup/setup.mjs').Part[]} */
const OPTIONAL = ['torch', 'llama-cpp'];
const TRAINS = new Set(['train', 'loss', 'complete', 'evaluate']);

/**
 * @param {readonly string[]} args
 * @returns {import('../workers/setup/setup.mjs').Part[]}
 */
function partsFor(args) {
  const command = args.find((argument) => !argument.startsWith('-'));
  if (command === 'temporal') return ['temporal'];
  if (command === undefined || wantsHelp(args)) return ['node'];
  if (command === 'setup') {
    const named = [...PARTS, ...OPTIONAL].filter((part) => args.includes(part));
    return named.length > 0 ? named : PARTS;
  }
  if (command === 'up' || command === 'run')
    return args.includes('--existing') ? ['node', 'tensorflow'] : PARTS;
  const trains = TRAINS.has(command) || (command === 'reproduce' && args.includes('--train'));
  return trains ? ['node', 'tensorflow'] : ['node'];
}

/** @param {readonly string[]} args */
function wantsHelp(args) {
  return args.includes('--help') || args.includes('-h');
}

/**
 * What needs no set-up: which may take minutes where it has not been done.
 *
 * @param {string | undefined} asked
 */
function knownAtOnce(asked) {
  if (asked === '--help' || asked === '-h') return readFileSync(`${ROOT}bin/help.txt`, 'utf8');
  if (asked !== '--version' && asked !== '-V') return null;
  return `${JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version}\n`;
}

/** The CLI's environment: it asks the environment that stands, unless the person named another server. */
function temporalEnvironment() {
  if (process.env.TEMPORAL_ADDRESS) return process.env;
  try {
    const state = process.env.ALPACA_STATE ?? `${ROOT}.alpaca`;
    const { address } = JSON.parse(readFileSync(`${state}/environment.json`, 'utf8'));
    return { ...process.env, TEMPORAL_ADDRESS: address };
  } catch {
    return process.env;
  }
}

async function main() {
  const args = process.argv.slice(2);
  const known = args.length === 1 ? knownAtOnce(args[0]) : null;
  if (known !== null) {
    process.stdout.write(known);
    return 0;
  }
  if (args[0] === 'doctor' && !wantsHelp(args)) {
    const findings = await examine();
    process.stdout.write(args.includes('--json') ? `${JSON.stringify(findings)}\n` : doctorText(findings));
    return findings.every(({ fits }) => fits) ? 0 : 1;
  }
  if (!existsSync(`${ROOT}node_modules/commander`))
    throw new SetupError(`The dependencies are not installed. Run \`npm ci\` in ${ROOT} first.`);
  const found = await setUp(partsFor(args), { verbose: args[0] === 'setup' });
  if (args[0] === 'setup' && !wantsHelp(args)) return 0;
  if (args[0] === 'temporal')
    return launch(found.temporal ?? 'temporal', args.slice(1), { env: temporalEnvironment() });
  return launch(found.node, [...NODE_FLAGS, MAIN, ...args], { env: environmentFor(found), ipc: true });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    const isOurs = error instanceof SetupError || error instanceof AggregateError;
    console.error(isOurs ? error.message : error);
    process.exitCode = 1;
  },
);

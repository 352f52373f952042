import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, execute, SetupError } from '../../workers/setup/cache.mjs';
import { NODE, TEMPORAL } from '../../workers/setup/pins.mjs';
import { findTemporal } from '../../workers/setup/temporal.mjs';
import { versitygw } from '../s3/versitygw.ts';

/**
 * Images in place of those that no registry gives here, made of what this machine's package registries have: Debian's
 * packages, npm and the Go module proxy. Programs are built into the project's cache, once for all clones.
 */

/** Where it is made of something else than the image that it stands for, and what that cannot show. */
interface StandIn {
  /** a target of stand-ins/Containerfile */
  target: string;
  differs: string;
}

/** By an image's name and tag, as Dockerfile and docker-compose.yml have them before the digest. */
export const STAND_INS: Readonly<Record<string, StandIn>> = {
  'node:24-bookworm': { target: 'node', differs: "Debian's base with Node's npm package, g++ and Python" },
  'node:24-bookworm-slim': { target: 'node-slim', differs: "Debian's base with Node's npm package" },
  'postgres:16-alpine': {
    target: 'postgres',
    differs: 'PostgreSQL 15 of Debian, with an entrypoint of ours',
  },
  'temporalio/server:1.31.2': {
    target: 'temporal-server',
    differs:
      'server 1.29.1, of which set-up’s CLI is made, with the settings of 1.31.2; an entrypoint of ours',
  },
  'temporalio/admin-tools:1.31.2': {
    target: 'temporal-admin-tools',
    differs: 'temporal-sql-tool and schemas of 1.29.1, and the CLI of set-up',
  },
  'temporalio/ui:2.53.0': {
    target: 'temporal-ui',
    differs: 'the server of UI 2.42.1, of which set-up’s CLI is made',
  },
  'versity/versitygw:v1.8.0': {
    target: 'versitygw',
    differs: 'the same version, built from the Go module proxy',
  },
  'prom/prometheus:v3.15.0': { target: 'prometheus', differs: 'Prometheus 2.42 of Debian' },
};

/** What can be had from no registry here: services of these images are left away. */
export const NOT_TO_BE_HAD: Readonly<Record<string, string>> = {
  'grafana/grafana:13.2.3': 'no package registry here has Grafana',
};

const PLATFORM = `${process.platform}-${process.arch}`;
/** What has the settings of the image that docker-compose.yml names. */
const SERVER = 'go.temporal.io/server@v1.31.2';
const SOURCES = fileURLToPath(new URL('./stand-ins/', import.meta.url));

/**
 * What `podman build` takes the stand-ins from, in a folder that is written anew.
 *
 * @returns the path of an archive of Debian's base, to be imported as `stand-in/debian`
 * @throws SetupError with what could not be had
 */
export async function fillContext(folder: string): Promise<string> {
  await cp(SOURCES, folder, { recursive: true });
  await copyFile('/etc/ssl/certs/ca-certificates.crt', join(folder, 'ca-certificates.crt'));
  await cp(await temporalPrograms(), folder, { recursive: true });
  const programs = {
    node: process.execPath,
    temporal: await whole((await findTemporal()).path),
    versitygw: await versitygw(),
  };
  for (const [name, path] of Object.entries(programs)) {
    await copyFile(path, join(folder, name));
    await chmod(join(folder, name), 0o755);
  }
  await cp(join(dirname(await npmProgram()), '..'), join(folder, 'npm'), { recursive: true });
  const settings = join(await moduleFolder(SERVER), 'common', 'config', 'config_template_embedded.yaml');
  await copyWritable(settings, join(folder, 'temporal-server.yaml'));
  return debian();
}

/** By debootstrap, in a minute or two. */
async function debian(): Promise<string> {
  const folder = await cached(`debian-bookworm-${PLATFORM}`, async (target) => {
    const root = join(target, 'root');
    await mkdir(root);
    await execute('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root], {
      timeoutMs: 20 * 60_000,
    });
    await execute('tar', ['-C', root, '-cf', join(target, 'debian.tar'), '.']);
    await rm(root, { recursive: true });
  });
  return join(folder, 'debian.tar');
}

const UI = 'github.com/temporalio/ui-server/v2';
const PROGRAMS = {
  'temporal-server': 'go.temporal.io/server/cmd/server',
  'temporal-sql-tool': 'go.temporal.io/server/cmd/tools/sql',
  'ui-server': `${UI}/cmd/server`,
};

/**
 * Builds the programs that the CLI of set-up has inside itself, at its versions: where Go has built that CLI, most of it
 * is done.
 *
 * @returns a folder with them, with the schemas and the settings of the UI
 */
async function temporalPrograms(): Promise<string> {
  return cached(`temporal-programs-${TEMPORAL.version}-${PLATFORM}`, async (target) => {
    const cli = `github.com/temporalio/cli v${TEMPORAL.version}`;
    await writeFile(join(target, 'go.mod'), `module standins\n\ngo 1.24\n\nrequire ${cli}\n`);
    const env = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false' };
    for (const [name, path] of Object.entries(PROGRAMS))
      await execute('go', ['build', '-o', name, path], { cwd: target, env, timeoutMs: 60 * 60_000 });
    const folderOf = async (module: string) =>
      (await execute('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: target, env })).trim();
    await copyWritable(join(await folderOf(UI), 'config', 'docker.yaml'), join(target, 'ui-server.yaml'));
    await copyWritable(join(await folderOf('go.temporal.io/server'), 'schema'), join(target, 'schema'));
  });
}

async function moduleFolder(module: string): Promise<string> {
  const found: unknown = JSON.parse(await execute('go', ['mod', 'download', '-json', module]));
  if (typeof found === 'object' && found !== null && 'Dir' in found && typeof found.Dir === 'string')
    return found.Dir;
  throw new SetupError(`go mod download says nothing of where ${module} is`);
}

/** Go's modules are read-only, which a copy is not to be. */
async function copyWritable(from: string, to: string): Promise<void> {
  await execute('cp', ['-r', '--no-preserve=mode', from, to]);
}

/** The path of a program that may be named alone. */
async function whole(program: string): Promise<string> {
  return (await execute('sh', ['-c', 'command -v "$0"', program])).trim();
}

async function npmProgram(): Promise<string> {
  return (await execute('sh', ['-c', 'readlink -f "$(command -v npm)"'])).trim();
}

/** Why stand-ins cannot be made here at all; null where they can. */
export async function missingForStandIns(): Promise<string | null> {
  if (NODE[PLATFORM] === undefined || process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root: debootstrap and networks of containers';
  for (const program of ['podman', 'runc', 'catatonit', 'iptables', 'debootstrap', 'go', 'python3'])
    try {
      await whole(program);
    } catch {
      return `needs ${program}: apt-get install podman runc catatonit netavark aardvark-dns iptables debootstrap`;
    }
  return null;
}

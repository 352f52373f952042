import { chmod, copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, execute, messageOf, SetupError } from '../../workers/setup/cache.mjs';
import { NODE } from '../../workers/setup/pins.mjs';
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
      'the same version, built from the Go module proxy; Debian in place of Alpine, an entrypoint of ours',
  },
  'temporalio/admin-tools:1.31.2': {
    target: 'temporal-admin-tools',
    differs: 'temporal-sql-tool and schemas of the same version; the CLI is that of this project’s set-up',
  },
  'temporalio/ui:2.53.0': {
    target: 'temporal-ui',
    differs: 'the same version, built from the Go module proxy',
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
const SERVER = { module: 'go.temporal.io/server', version: 'v1.31.2' };
const UI = { module: 'github.com/temporalio/ui-server/v2', version: 'v2.53.0' };
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
  const programs = {
    node: process.execPath,
    temporal: await whole((await findTemporal()).path),
    'temporal-server': await goProgram(SERVER, 'cmd/server'),
    'temporal-sql-tool': await goProgram(SERVER, 'cmd/tools/sql'),
    'ui-server': await goProgram(UI, 'cmd/server'),
    versitygw: await versitygw(),
  };
  for (const [name, path] of Object.entries(programs)) {
    await copyFile(path, join(folder, name));
    await chmod(join(folder, name), 0o755);
  }
  await cp(join(dirname(await npmProgram()), '..'), join(folder, 'npm'), { recursive: true });
  await copyReadable(join(await goModule(SERVER), 'schema'), join(folder, 'schema'));
  await copyReadable(join(await goModule(UI), 'config', 'docker.yaml'), join(folder, 'ui-server.yaml'));
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

interface GoModule {
  module: string;
  version: string;
}

/** Builds a package of it; the server takes some minutes on two cores. */
async function goProgram({ module, version }: GoModule, path: string): Promise<string> {
  const name = `${module}-${path}`.replace(/^[^/]+\//, '').replaceAll('/', '-');
  const folder = await cached(`${name}-${version.slice(1)}-${PLATFORM}`, async (target) => {
    await execute('go', ['install', `${module}/${path}@${version}`], {
      env: { ...process.env, GOBIN: target, CGO_ENABLED: '0' },
      timeoutMs: 60 * 60_000,
    });
  });
  return join(folder, path.split('/').at(-1) ?? '');
}

async function goModule({ module, version }: GoModule): Promise<string> {
  const found: unknown = JSON.parse(
    await execute('go', ['mod', 'download', '-json', `${module}@${version}`]),
  );
  if (typeof found === 'object' && found !== null && 'Dir' in found && typeof found.Dir === 'string')
    return found.Dir;
  throw new SetupError(`go mod download says nothing of where ${module} is`);
}

/** Go's modules are read-only, which a copy is not to be. */
async function copyReadable(from: string, to: string): Promise<void> {
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
  for (const program of ['podman', 'runc', 'debootstrap', 'go', 'python3'])
    try {
      await whole(program);
    } catch (error) {
      return `needs ${program} (apt-get install podman runc debootstrap netavark aardvark-dns iptables): ${messageOf(error)}`;
    }
  return null;
}

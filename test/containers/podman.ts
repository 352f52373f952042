import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, execute } from '../../workers/setup/cache.mjs';

/** The reader of compose files for podman, from PyPI: Debian's is older than `profiles` and conditions. */
const COMPOSE = { package: 'podman-compose', version: '1.6.0' };

/** What works in a sandbox too, where crun and the usual limits do not. */
const SETTINGS = `
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=1000:2000"]
`;

/**
 * podman without the order of its own, in which it starts again a job that has ended: podman-compose keeps the order.
 */
const UNORDERED = `#!/bin/sh
for argument; do
  shift
  case $argument in --requires=*) ;; *) set -- "$@" "$argument" ;; esac
done
exec podman "$@"
`;

export interface Podman {
  /** standard output; the failure of a command is thrown with its last lines */
  run(...args: string[]): Promise<string>;
  /** the same of podman-compose, over the compose file of a folder */
  compose(...args: string[]): Promise<string>;
  /** what a container of the project answers */
  exec(service: string, ...command: string[]): Promise<string>;
  /** one healthcheck of its container, now: without systemd podman makes none by itself */
  isHealthy(service: string): Promise<boolean>;
}

/**
 * @param project whose containers, networks and volumes have names that begin with it
 * @param folder with docker-compose.yml and .env
 * @param scratch for a settings file
 */
export async function startPodman(project: string, folder: string, scratch: string): Promise<Podman> {
  const settings = join(scratch, 'containers.conf');
  await writeFile(settings, SETTINGS);
  const unordered = join(scratch, 'podman');
  await writeFile(unordered, UNORDERED, { mode: 0o755 });
  const program = await cached(`${COMPOSE.package}-${COMPOSE.version}`, async (target) => {
    const named = `${COMPOSE.package}==${COMPOSE.version}`;
    await execute('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, named]);
  });
  const env = {
    ...process.env,
    CONTAINERS_CONF: settings,
    DISABLE_HC_SYSTEMD: 'true',
    PYTHONPATH: program,
  };
  const run = (...args: string[]) => execute('podman', args, { env, timeoutMs: 60 * 60_000 });
  const nameOf = (service: string) => `${project}_${service}_1`;
  return {
    run,
    compose: (...args) =>
      execute(
        'python3',
        ['-m', 'podman_compose', '--podman-path', unordered, '--project-name', project, ...args],
        { env, cwd: folder, timeoutMs: 60 * 60_000 },
      ),
    exec: (service, ...command) => run('exec', nameOf(service), ...command),
    isHealthy: (service) =>
      run('healthcheck', 'run', nameOf(service)).then(
        () => true,
        () => false,
      ),
  };
}

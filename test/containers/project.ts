import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { execute } from '../../workers/setup/cache.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const composeFile = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string(),
      profiles: z.array(z.string()).optional(),
      healthcheck: z.unknown().optional(),
    }),
  ),
});

/** A copy of the project as a person would have it who has cloned it and made a `.env` and secrets. */
export interface ProjectCopy {
  folder: string;
  /** of Dockerfile and docker-compose.yml, without their digests */
  images: readonly string[];
  /** services that have a health check, of those that are started */
  checked: readonly string[];
}

/**
 * Copies the files that git knows. Digests are cut off the names of images, since a stand-in has another one: the
 * only change to Dockerfile and docker-compose.yml.
 *
 * @param settings lines of `.env` that go before those of .env.example
 */
export async function copyProject(
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<ProjectCopy> {
  const names = await execute('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  for (const name of names.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await cp(join(ROOT, name), join(folder, name));
  }
  const images = new Set<string>();
  for (const name of ['Dockerfile', 'docker-compose.yml']) {
    const text = await readFile(join(folder, name), 'utf8');
    for (const [, image] of text.matchAll(/(\S+)@sha256:[0-9a-f]{64}/g)) images.add(image ?? '');
    await writeFile(join(folder, name), text.replaceAll(/@sha256:[0-9a-f]{64}/g, ''));
  }
  const example = await readFile(join(folder, '.env.example'), 'utf8');
  const lines = example.split('\n').filter((line) => !Object.hasOwn(settings, line.split('=')[0] ?? ''));
  const own = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(join(folder, '.env'), [...lines, ...own, ''].join('\n'));
  await execute('sh', ['deploy/secrets.sh'], { cwd: folder });
  const { services } = composeFile.parse(
    parse(await readFile(join(folder, 'docker-compose.yml'), 'utf8'), { merge: true }),
  );
  const profiles = (settings.COMPOSE_PROFILES ?? '').split(',');
  const started = Object.entries(services).filter(
    ([, service]) =>
      service.profiles === undefined || service.profiles.some((name) => profiles.includes(name)),
  );
  const checked = started.filter(([, { healthcheck }]) => healthcheck !== undefined).map(([name]) => name);
  return { folder, images: [...images], checked };
}

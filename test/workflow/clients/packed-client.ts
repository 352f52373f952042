import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PACKAGES = join(ROOT, 'node_modules');
/** What a program in TypeScript has beside the client; and one with workflows. */
const OF_A_CALLER = ['@types/node', '@temporalio/workflow'];

const execute = promisify(execFile);

/** A folder of a stranger: the client as it is packed, and beside it what it says that it needs. */
export interface Installed {
  folder: string;
  /** the packages that came with the client */
  packages: string[];
  /** What TypeScript says of files there; nothing where it finds nothing wrong. */
  compile(files: string[]): Promise<string>;
}

/** Packs the client by the commands of docs/clients.md, and puts it there as `npm install` would, without a registry. */
export async function installClient(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-client-'));
  const npm = (...args: string[]) => execute('npm', args, { cwd: ROOT });
  await npm('run', 'build', '--workspace', 'clients/typescript');
  await npm('pack', '--workspace', 'clients/typescript', '--pack-destination', folder);
  const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const client = join(folder, 'node_modules/alpaca-temporal-client');
  await mkdir(client, { recursive: true });
  await execute('tar', ['-xzf', join(folder, archive), '-C', client, '--strip-components=1']);
  const packages = await needsOf(client);
  for (const name of new Set([...packages, ...(await withNeeds(OF_A_CALLER))])) {
    const place = join(folder, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(PACKAGES, name), place);
  }
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  return {
    folder,
    packages,
    async compile(files) {
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, files }));
      return execute(join(PACKAGES, '.bin/tsc'), ['-p', folder]).then(
        () => '',
        ({ stdout }: { stdout: string }) => stdout,
      );
    },
  };
}

const STRICT = {
  ...{
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
  // What is linked sees the stranger's packages, and none of ours.
  preserveSymlinks: true,
};

/** A program of the folder, run as its owner would; its packages see those beside them alone. */
export function run(program: string, env: NodeJS.ProcessEnv): ReturnType<typeof execute> {
  const flags = ['--preserve-symlinks', '--preserve-symlinks-main', '--disable-warning=ExperimentalWarning'];
  return execute(process.execPath, [...flags, program], { env });
}

async function withNeeds(names: string[]): Promise<string[]> {
  const found = new Set(names);
  for (const name of found) for (const need of await namedBy(join(PACKAGES, name))) found.add(need);
  return [...found];
}

async function needsOf(folder: string): Promise<string[]> {
  return (await withNeeds(await namedBy(folder))).sort();
}

async function namedBy(folder: string): Promise<string[]> {
  const {
    dependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Partial<
    Record<'dependencies' | 'peerDependencies' | 'peerDependenciesMeta', Record<string, unknown>>
  >;
  return [
    ...Object.keys(dependencies),
    ...Object.keys(peerDependencies).filter((name) => !(name in peerDependenciesMeta)),
  ];
}

export async function removed({ folder }: Installed): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** The blocks of a page of Markdown in one language, in their order. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, of]) => of === language)
    .map(([, , block = '']) => block);
}

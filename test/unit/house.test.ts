import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What ARCHITECTURE.md says of rooms, shelves and files, held against the code. */

const specifiers = new Map<string, string[]>();
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PURE = ['workflows/contracts', 'workflows/decisions'];
const MOST_FILES = 17;
const MOST_LINES = { product: 300, test: 450 };
const MOST_BYTES = { 'ARCHITECTURE.md': 8192, 'README.md': 10_240 };

/** Where domain code meets Temporal: the steps' activities, the attempt, and what tells a workflow of a training. */
const KNOWS_TEMPORAL =
  /^activities\/(activity-attempt\.ts|(\w+\/)activities\.ts|train\/process\/signalling\.ts|teacher\/limits\/)/;

const PRODUCT = await filesIn(['activities', 'workflows', 'workers', 'bin', 'clients/typescript']);
const TESTS = await filesIn(['test', 'bench']);
const ARCHITECTURE = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
const ROOMS = readRooms(ARCHITECTURE);

describe('a room', () => {
  it('is in the table of ARCHITECTURE.md', () => {
    const unknown = PRODUCT.filter((file) => roomOf(file) === null && !isSetUp(file));
    assert.deepEqual(unknown, []);
  });

  it('imports what its line of the table allows, and nothing else', () => {
    const wrong = PRODUCT.filter((file) => !isSetUp(file)).flatMap((file) =>
      importsOf(file)
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('has each arrow of its line in use', () => {
    const unused = [...ROOMS].flatMap(([room, allowed]) =>
      allowed
        .filter((other) => !other.startsWith('any '))
        .filter(
          (other) =>
            !PRODUCT.some(
              (file) => roomOf(file) === room && importsOf(file).some((to) => roomOf(to) === other),
            ),
        )
        .map((other) => `${room} imports nothing of ${other}`),
    );
    assert.deepEqual(unused, []);
  });

  it('that is pure imports no package but those that compute', () => {
    const wrong = PRODUCT.filter((file) => PURE.includes(roomOf(file) ?? '')).flatMap((file) =>
      packagesOf(file)
        .filter((name) => !['zod', 'simple-statistics'].includes(name))
        .map((name) => `${file} imports ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('of domain code knows nothing of Temporal', () => {
    const wrong = PRODUCT.filter(
      (file) => file.startsWith('activities/') && !KNOWS_TEMPORAL.test(file),
    ).filter((file) => packagesOf(file).some((name) => name.startsWith('@temporalio/')));
    assert.deepEqual(wrong, []);
  });
});

describe('files', () => {
  it('import each other in no circle, types included', () => {
    assert.deepEqual(circles(PRODUCT), []);
  });

  it(`are ${MOST_FILES} in a folder at the most`, () => {
    const counts = Map.groupBy([...PRODUCT, ...TESTS], dirname);
    const crowded = [...counts].filter(([, files]) => files.length > MOST_FILES);
    assert.deepEqual(
      crowded.map(([folder, files]) => `${folder}: ${files.length}`),
      [],
    );
  });

  it('are short', () => {
    const long = [
      ...PRODUCT.filter((file) => linesOf(file) > MOST_LINES.product),
      ...TESTS.filter((file) => linesOf(file) > MOST_LINES.test),
    ];
    assert.deepEqual(
      long.map((file) => `${file}: ${linesOf(file)}`),
      [],
    );
  });

  it('write money by usd of money-text.ts: where Markdown is shown, two dollar signs make a formula', () => {
    assert.deepEqual(
      PRODUCT.filter((file) => textOf(file).includes('$${')),
      [],
    );
  });

  it('that test a source lie in the folder that mirrors its own', async () => {
    const folders = new Set([...PRODUCT, ...TESTS].map(dirname));
    const tests = (await filesIn(['test/unit'])).filter((file) => /\.(test|long)\.ts$/.test(file));
    const astray = tests.filter((file) => {
      const mirrored = dirname(file).replace(/^test\/unit\/?/, '');
      return mirrored !== '' && !(folders.has(mirrored) && isAbout(file, mirrored));
    });
    assert.deepEqual(astray, []);
  });
});

describe('the docs', () => {
  for (const [page, most] of Object.entries(MOST_BYTES))
    it(`have a ${page} of ${most} bytes at the most`, () => {
      const bytes = Buffer.byteLength(textOf(page));
      assert.ok(bytes <= most, `${page} has ${bytes} bytes`);
    });

  it('are in the list of docs/README.md, each once', async () => {
    const listed = [...textOf('docs/README.md').matchAll(/^\| \[([\w-]+\.md)\]\(\1\)/gm)].map(
      ([, name]) => name,
    );
    const there = (await readdir(join(ROOT, 'docs'))).filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    );
    assert.deepEqual(listed.sort(), there.sort());
  });

  it('name files that are there', async () => {
    const pages = await pagesOf();
    const known = new Set([...PRODUCT, ...TESTS, ...(await filesIn(['seeds']))]);
    const missing = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`([\w-]+\/[\w./-]+\.(?:ts|mjs))`/g)]
        .map(([, path = '']) => path)
        .filter((path) => !path.includes('STEP') && !known.has(path))
        .map((path) => `${page} names ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('link to pages that are there', async () => {
    const broken = (await pagesOf()).flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([\w./-]+)(?:#[\w-]+)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
        .map((target) => `${page} links to ${target}`),
    );
    assert.deepEqual(broken, []);
  });
});

async function pagesOf(): Promise<string[]> {
  const names = await readdir(join(ROOT, 'docs'), { recursive: true });
  const docs = names.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs];
}

/** It imports, starts or names something of the room, or stands on a helper beside it that does. */
function isAbout(test: string, mirrored: string): boolean {
  const room = mirrored.split('/').slice(0, 2).join('/');
  return (
    textOf(test).includes(`${room}/`) || importsOf(test).some((file) => file.startsWith(`test/unit/${room}/`))
  );
}

/** Each room of the table with what it may import beside what all may. */
function readRooms(architecture: string): Map<string, string[]> {
  const rows = [...architecture.matchAll(/^\| `([^`]+)` \|[^|]*\|([^|]*)\|$/gm)];
  return new Map(rows.map(([, room = '', cell = '']) => [room, allowedBy(room, cell)]));
}

/** A short name is of a room beside this one: `dedupe` in the line of `activities/generate`. */
function allowedBy(room: string, cell: string): string[] {
  return [...cell.matchAll(/(any )?`([^`]+)`/g)].map(([, any = '', name = '']) => {
    const isWhole = /^(activities|workers|workflows|clients)\b/.test(name);
    return any + (isWhole ? name : `${dirname(room)}/${name}`);
  });
}

function roomOf(file: string): string | null {
  const within = [...ROOMS.keys()].filter((room) => file.startsWith(`${room}/`));
  const [room] = within.sort((a, b) => b.length - a.length);
  if (room === undefined) return null;
  // A folder beneath activities or workers is a room of its own, and has a line.
  const isRoot = room === 'activities' || room === 'workers';
  return isRoot && dirname(file) !== room ? null : room;
}

function mayImport(file: string, target: string): boolean {
  const [from, to] = [roomOf(file), roomOf(target)];
  if (from === null || to === null) return false;
  if (from === to) return true;
  if (from === 'workflows/contracts') return false;
  if (PURE.includes(to)) return true;
  if (from.startsWith('activities/') && ['activities', 'activities/artifacts'].includes(to)) return true;
  const allowed = ROOMS.get(from) ?? [];
  return allowed.includes(to) || allowed.includes(`any ${to.split('/')[0]}`);
}

/** Runs before there is a Node that reads TypeScript. */
function isSetUp(file: string): boolean {
  return file.startsWith('workers/setup/') || file.startsWith('bin/');
}

/** Relative imports of every kind, as paths from the root. */
function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(ROOT, resolve(ROOT, dirname(file), specifier)));
}

function packagesOf(file: string): string[] {
  return specifiersOf(file).filter((specifier) => !specifier.startsWith('.'));
}

function specifiersOf(file: string): string[] {
  const known = specifiers.get(file);
  if (known) return known;
  const found = [
    ...textOf(file).matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map(([, named, called]) => named ?? called ?? '');
  specifiers.set(file, found);
  return found;
}

function linesOf(file: string): number {
  return textOf(file).split('\n').length - 1;
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Tarjan's strongly connected components of more than one file. */
function circles(files: string[]): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const number = order.size;
    order.set(file, number);
    open.push(file);
    let low = number;
    for (const target of importsOf(file)) {
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    lowest.set(file, low);
    if (low === number) {
      const component = open.splice(open.indexOf(file));
      if (component.length > 1) found.push(component);
    }
    return low;
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return found;
}

async function filesIn(folders: string[]): Promise<string[]> {
  const entries = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true })).map((name) => `${folder}/${name}`),
    ),
  );
  // What the client's package is built into is not in the repository.
  return entries.flat().filter((file) => /\.(ts|mjs|js)$/.test(file) && !file.includes('/dist/'));
}

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { bundleWorkflows, digestOfSources, slimmed } from '../../../workers/workflow-bundle.ts';

const MARK = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';

const map = {
  version: 3,
  file: 'workflow-bundle.js',
  mappings: 'AAAA',
  names: ['물'],
  sources: ['/a/workflow.ts'],
  sourcesContent: ['const 물 = 1;'],
};

const bundleOf = (code: string) => `${code}${MARK}${Buffer.from(JSON.stringify(map)).toString('base64')}`;

describe("the workflows' code as a worker keeps it", () => {
  it('does the same with characters of one byte only', () => {
    const code = `// ’\nconst ε = ['’ 물', \`…\${1}\`, "😀", /^[물ε]+$/.test('ε물')]; ε`;
    const slim = slimmed(bundleOf(code));
    assert.match(slim, /^[\0-\x7f]*$/);
    assert.deepEqual([...runInNewContext(slim)], ['’ 물', '…1', '😀', true]);
  });

  it('maps to the same source lines, without their text', () => {
    const slim = slimmed(bundleOf('1;\n'));
    const at = slim.lastIndexOf(MARK);
    const { sourcesContent: _, ...kept } = map;
    assert.deepEqual(JSON.parse(Buffer.from(slim.slice(at + MARK.length), 'base64').toString()), kept);
  });

  it('is made of nothing but the files of workflows/ and packages: only a change of these makes it anew', async () => {
    const { code } = await bundleWorkflows();
    const at = code.lastIndexOf(MARK);
    const { sources } = JSON.parse(
      Buffer.from(code.slice(at + MARK.length), 'base64').toString(),
    ) as typeof map;
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const folders = sources
      .filter((source) => source.startsWith(root))
      .map((source) => source.slice(root.length).split(sep)[0]);
    assert.deepEqual([...new Set(folders)].sort(), ['node_modules', 'workflows']);
  });

  it('is made anew where a file has changed, has come or has another name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-bundle-'));
    const digests = [];
    for (const [name, text] of [
      ['one.ts', 'export const one = 1;'],
      ['one.ts', 'export const one = 2;'],
      ['steps/two.ts', 'export const two = 2;'],
    ] as const) {
      await mkdir(join(folder, 'steps'), { recursive: true });
      await writeFile(join(folder, name), text);
      digests.push(await digestOfSources(folder));
    }
    await rename(join(folder, 'steps/two.ts'), join(folder, 'steps/three.ts'));
    digests.push(await digestOfSources(folder), await digestOfSources(folder));
    assert.equal(new Set(digests).size, 4);
    await rm(folder, { recursive: true });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { slimmed } from '../../../workers/workflow-bundle.ts';

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
});

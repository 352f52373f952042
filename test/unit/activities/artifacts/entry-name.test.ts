import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entryName } from '../../../../activities/artifacts/entry-name.ts';
import fc from '../../../property.ts';

describe('the name of an entry', () => {
  it('is the text, but for what no name of a file may have', () => {
    assert.equal(entryName('my-run'), 'my-run');
    assert.equal(entryName('my-run/train'), 'my-run%2Ftrain');
    assert.equal(entryName('실행'), '%EC%8B%A4%ED%96%89');
  });

  it('is the beginning of a long one, and its digest', () => {
    assert.equal(
      entryName('가나다라마바사아자차카타파하'.repeat(2)),
      '%EA%B0%80%EB%82%98%EB%8B%A4%EB%9D%BC%EB%A7%88%EB%B0%94%EC%82%AC%EC%95%84%EC%9E%90%EC%B0%A8%EC%B9%B4~c681cc287897f44b64c453df338dd9d8aac64b12a0673f7d586b121b227b04cf',
    );
  });

  it('leads nowhere else', () => {
    for (const text of ['.', '..', '']) assert.match(entryName(text), /^\.{0,2}~[0-9a-f]{64}$/);
    assert.equal(entryName('../../x'), '..%2F..%2Fx');
  });

  it('fits a file system, differs for different texts, and is its own name once decoded', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 1000, size: 'max' });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const name = entryName(one);
        assert.ok(Buffer.byteLength(name) <= 200 && !name.includes('/') && !name.includes('\0'));
        assert.equal(entryName(decodeURIComponent(name)), name);
        if (one !== other) assert.notEqual(name, entryName(other));
      }),
    );
  });
});

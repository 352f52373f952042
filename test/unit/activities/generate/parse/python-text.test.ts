import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  collapseWhitespace,
  splitWords,
  strip,
  wholeWordPattern,
} from '../../../../../activities/generate/parse/python-text.ts';

// Expected values are what CPython 3.11 gives for str.strip, str.split, re.sub and re.search.

describe('whitespace', () => {
  it('is Python’s: with U+001C to U+001F and U+0085, without U+FEFF', () => {
    assert.equal(strip('\u001c\u0085\u00a0 a b \u3000\n'), 'a b');
    assert.equal(strip('\ufeffa'), '\ufeffa');
    assert.equal(strip(' \t\n'), '');
  });

  it('parts words in runs', () => {
    assert.deepEqual(splitWords('  one\u001ftwo \u2003 three\n'), ['one', 'two', 'three']);
    assert.deepEqual(splitWords(' \u0085 '), []);
    assert.deepEqual(splitWords('one\ufefftwo'), ['one\ufefftwo']);
  });

  it('collapses to one space', () => {
    assert.equal(collapseWhitespace('a \n\t b\u00a0c'), 'a b c');
  });
});

describe('whole words', () => {
  const pattern = wholeWordPattern(['map', 'go to', 'image']);

  for (const [text, found] of [
    ['Read the map.', true],
    ['MAP', true],
    ['Draw up a mapping', false],
    ['the_map', false],
    ['map2', false],
    ['map-reading', true],
    ['émap', false],
    ['지도map을', false],
    ['map²', false],
    ['Go to bed', true],
    ['Go  to bed', false],
    ['let us go together', false],
    ['\u0130mage of you', true],
    ['an \u0131mage', true],
  ] as const) {
    it(`${found ? 'finds one' : 'finds none'} in "${text}"`, () => {
      assert.equal(pattern.test(text), found);
    });
  }
});

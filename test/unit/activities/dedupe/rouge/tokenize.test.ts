import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isSeenByRouge,
  tokenizeRouge,
  tokenizerFor,
  tokenizeSyllablePairs,
  tokenizeUnicode,
} from '../../../../../activities/dedupe/rouge/tokenize.ts';

describe('the rouge tokenization', () => {
  it('keeps lower-cased runs of a-z0-9 and nothing else', () => {
    assert.deepEqual(tokenizeRouge("Don't stop-believing: it's 9.5/10!"), [
      ...['don', 't', 'stop', 'believing', 'it', 's', '9', '5', '10'],
    ]);
  });

  it('has no tokens for a text without ASCII letters or digits', () => {
    assert.deepEqual(tokenizeRouge('한국어 문장을 쓰세요'), []);
    assert.deepEqual(tokenizeRouge(''), []);
    assert.deepEqual(tokenizeRouge(' ?! '), []);
  });

  it('lower-cases before it splits: the Kelvin sign is a k, a dotted capital I an i and a separator', () => {
    assert.deepEqual(tokenizeRouge('273 \u212a'), ['273', 'k']);
    assert.deepEqual(tokenizeRouge('\u0130stanbul'), ['i', 'stanbul']);
  });
});

describe('what the reference sees', () => {
  it('is what has a token in at least half of its words', () => {
    const seen = ['Write a haiku.', '', '🙂', 'Translate "доброе утро" into English.', 'Viết một bài thơ.'];
    const half = ['Спой Yesterday', '詩 1'];
    const unseen = ['Опишите море (не более 3 предложений)', '用Python写一个quicksort', 'ＡＢＣ 3 ДА', '日'];
    for (const text of [...seen, ...half]) assert.equal(isSeenByRouge(text), true, text);
    for (const text of unseen) assert.equal(isSeenByRouge(text), false, text);
  });
});

describe('the tokenization of a run', () => {
  it('is by its name', () => {
    assert.deepEqual(tokenizerFor('rouge')('cat 詩'), ['cat']);
    assert.deepEqual(tokenizerFor('unicode')('cat 詩'), ['cat', '詩']);
    assert.deepEqual(tokenizerFor('syllable-pairs')('cat 시'), ['cat', ' 시']);
  });
});

describe('the tokenization by syllable pairs', () => {
  it('cuts Korean words into their first syllable and neighbouring pairs, and leaves other words whole', () => {
    assert.deepEqual(tokenizeSyllablePairs('파이썬 코드를 3 Loop'), [
      ...[' 파', '파이', '이썬', ' 코', '코드', '드를'],
      ...['3', 'loop'],
    ]);
  });

  it('sees a Hangul syllable whether it is composed or spelt in jamo', () => {
    assert.deepEqual(tokenizeSyllablePairs('각'.normalize('NFD')), [' 각']);
  });
});

describe('the unicode tokenization', () => {
  it('keeps the words of scripts that are written with spaces', () => {
    assert.deepEqual(tokenizeUnicode('다음 문장을 영어로 번역하세요.'), [
      '다음',
      '문장을',
      '영어로',
      '번역하세요',
    ]);
    assert.deepEqual(tokenizeUnicode('Напиши СТИХ о море!'), ['напиши', 'стих', 'о', 'море']);
  });

  it('splits scripts written without spaces into characters', () => {
    assert.deepEqual(tokenizeUnicode('写一首诗。'), ['写', '一', '首', '诗']);
    assert.deepEqual(tokenizeUnicode('詩をかく'), ['詩', 'を', 'か', 'く']);
    assert.deepEqual(tokenizeUnicode('ที่นี่'), ['ที่', 'นี่']);
  });

  it('sees composed, decomposed and full-width spellings as the same', () => {
    assert.deepEqual(tokenizeUnicode('cafe\u0301 ＡＢＣ'), ['café', 'abc']);
    assert.deepEqual(tokenizeUnicode('\u1112\u1161\u11ab'), ['한']);
  });
});

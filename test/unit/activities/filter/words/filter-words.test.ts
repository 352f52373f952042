import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterWordsOf } from '../../../../../activities/filter/words/filter-words.ts';

describe('the words of a language', () => {
  it('are found whatever their case, at the beginning of a word', () => {
    const { namesALanguage, refusal } = filterWordsOf('en');
    for (const text of ['Translate this', 'a TRANSLATION', 'pre-translated'])
      assert.equal(namesALanguage.areIn(text), true, text);
    for (const text of ['mistranslated', 'French-like? no: unfrench'])
      assert.equal(namesALanguage.areIn(text), text.startsWith('F'), text);
    assert.equal(refusal.apologies.begin('Sorry, no.'), true);
    assert.equal(refusal.apologies.begin('I say sorry.'), false);
  });

  it('are found within a Korean word, which has its parts written together', () => {
    const { writesForOthers } = filterWordsOf('ko');
    assert.equal(writesForOthers.areIn('영한번역을 해 주세요'), true);
    assert.equal(writesForOthers.areIn('강 이름을 말하세요'), false);
  });

  it('are text: a mark in them means itself', () => {
    const { arithmetic } = filterWordsOf('en');
    assert.equal(arithmetic.otherRules.areIn('3 (mod 5)'), true);
    assert.equal(arithmetic.otherRules.areIn('a modern sum'), false);
  });

  it('come with frequent words of languages in Latin letters', () => {
    const { functionWords } = filterWordsOf('ko');
    assert.deepEqual([...functionWords.keys()], ['en', 'es', 'fr', 'de', 'pt', 'it', 'nl', 'id']);
    assert.equal(functionWords.get('de')?.has('und'), true);
  });
});

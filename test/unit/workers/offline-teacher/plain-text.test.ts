import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainText } from '../../../../workers/offline-teacher/plain-text.ts';
import { allFamilies } from '../../../../workers/offline-teacher/tasks/catalogue.ts';
import { createRandom } from '../../../../workers/offline-teacher/tasks/random.ts';

const english = allFamilies().filter(({ language }) => language === 'en');

/** The orders that our phrasings begin with. */
const ORDERS =
  `Add Advertise Apologise Ask Assign Begin Boil Break Build Capitalise Categorise Change Check Classify Close
  Combine Compare Continue Convert Copy Correct Count Decode Delete Deny Describe Divide Double Edit Evaluate Explain Extract
  Find Fix Format Give Group Guess Help Insert Introduce Invite Join Keep Label Let Look Make Mark Mend Multiply Name Order
  Pick Proofread Put Read Remove Replace Return Reverse Rewrite Route Say Select Send Set Shorten Sign Soften Sort Spell Split
  Subtract Suggest Summarize Swap Take Teach Tell Thank Think Translate Turn Unscramble Use Work Write`.split(
    /\s+/,
  );

function paragraphs(seed: string, count: number): string[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => plainText(random));
}

describe('plain text of the offline teacher’s world', () => {
  it('asks nothing and orders nothing', () => {
    const firstWords = new Set(
      english.flatMap(({ phrasings }) => phrasings).map((phrasing) => phrasing.split(/\W/)[0]),
    );
    assert.deepEqual(
      ORDERS.filter((order) => !firstWords.has(order)),
      [],
    );
    // "Ask and inquire mean the same." speaks of a word.
    const order = new RegExp(`(?:^|[.!] |\\n)(?:${ORDERS.join('|')})\\b(?! (?:and|is|rhymes)\\b)`);
    assert.match('Keiko is here. Sort these words: pear, fig', order);
    for (const paragraph of paragraphs('orders', 1500)) {
      assert.doesNotMatch(paragraph, /\?|\{\w+\}|undefined|NaN/, paragraph);
      assert.doesNotMatch(paragraph, order);
    }
  });

  it('is a function of the seed', () => {
    assert.deepEqual(paragraphs('same', 20), paragraphs('same', 20));
    assert.notDeepEqual(paragraphs('same', 20), paragraphs('other', 20));
  });

  it('has in it what the tasks ask for, but for what is held out', () => {
    const all = paragraphs('told', 400).join('\n');
    assert.match(all, /\b\d+ plus \d+ is \d+\./);
    assert.match(all, / is the capital of /);
    assert.match(all, /In alphabetical order, /);
    const random = createRandom('held out');
    const without = Array.from({ length: 400 }, () => plainText(random, (family) => family === 'plus')).join(
      '\n',
    );
    assert.doesNotMatch(without, /\b\d+ plus \d+ is \d+\./);
  });
});

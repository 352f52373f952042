import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allFamilies } from '../../../../../workers/offline-teacher/tasks/catalogue.ts';
import {
  defineFamily,
  type Task,
  type TaskFamily,
} from '../../../../../workers/offline-teacher/tasks/family.ts';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';
import { integer, oneOf } from '../../../../../workers/offline-teacher/tasks/slots.ts';
import { composeTask, rightAnswer } from '../../../../../workers/offline-teacher/tasks/tasks.ts';
import fc from '../../../../property.ts';

const english = allFamilies().filter(({ language }) => language === 'en');

/** The recipe's filters on the instruction (section 2), written a second time for the test. */
function passesFilters(instruction: string): boolean {
  const words = instruction.split(/\s+/).length;
  const forbidden =
    /\b(?:images?|graphs?|pictures?|files?|maps?|draw|plot|go to|video|audio|music|flowchart|diagram)\b/i;
  return (
    words > 3 &&
    words <= 150 &&
    !forbidden.test(instruction) &&
    !instruction.startsWith('Write a program') &&
    /^[A-Za-z]/.test(instruction)
  );
}

describe('the task families', () => {
  it('are many, each under its own name, with six phrasings or more', () => {
    assert.ok(english.length >= 60, `${english.length} English families`);
    assert.ok(allFamilies().length - english.length >= 6);
    assert.equal(new Set(allFamilies().map(({ name }) => name)).size, allFamilies().length);
    const few = allFamilies()
      .filter(({ phrasings }) => new Set(phrasings).size < 6)
      .map(({ name }) => name);
    assert.deepEqual(few, []);
  });

  it('recognise every task again by its text and compute the same answer', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allFamilies()), fc.string({ maxLength: 12 }), (family, seed) => {
        const task = composeFrom(family, seed);
        assert.equal(rightAnswer(task.instruction, task.input), task.output, JSON.stringify(task));
      }),
      { numRuns: 1500 },
    );
  });

  it('recognise each of their phrasings, not only the likely ones', () => {
    for (const family of allFamilies()) {
      const random = createRandom(`every phrasing of ${family.name}`);
      for (let index = 0; index < 30; index += 1) {
        const task = family.compose(random);
        assert.equal(rightAnswer(task.instruction, task.input), task.output, JSON.stringify(task));
      }
    }
  });

  it('write instructions that pass the recipe’s filters, with no slot left open', () => {
    for (const family of english) {
      const random = createRandom(`filters of ${family.name}`);
      for (let index = 0; index < 30; index += 1) {
        const { instruction, input, output } = family.compose(random);
        assert.ok(passesFilters(instruction), instruction);
        assert.doesNotMatch(`${instruction}${input}`, /undefined|NaN|\{\w+\}/);
        assert.doesNotMatch(output, /undefined|NaN/);
        assert.notEqual(output.trim(), '');
      }
    }
  });

  it('give an input to about four tasks in ten, and short answers', () => {
    const random = createRandom('shares');
    const tasks = Array.from({ length: 2000 }, () => composeTask(random));
    const withInput = tasks.filter(({ input }) => input !== '').length / tasks.length;
    assert.ok(withInput > 0.34 && withInput < 0.48, `${withInput} have an input`);
    const lengths = tasks.map(({ output }) => output.split(/\s+/).length);
    assert.ok(Math.max(...lengths) <= 30);
    assert.ok(new Set(tasks.map(({ output }) => output)).size > 1200, 'answers depend on the task');
  });
});

describe('rightAnswer', () => {
  it('computes answers of many kinds', () => {
    const cases: [instruction: string, input: string, answer: string][] = [
      [
        'Subtract the 5 socks that Ada Park took from the 40 that Bao carried to Lyon.',
        '',
        'Bao has 35 socks left.',
      ],
      [
        'Form the plural of the noun child for the Monday class of Ada Park.',
        '',
        'The plural of child is children.',
      ],
      ['Arrange the list of a bakery in Lyon in alphabetical order.', 'pear, axe, lute', 'axe, lute, pear'],
      ['What do the initials of apple, bear, cello spell on the badge of Ada Park?', '', 'ABC'],
      ['Is 91 an even or an odd number, Ada Park in Lyon asks?', '', 'The number 91 is odd.'],
      ['How many metres are 3 kilometres, Ada Park asks in Lyon?', '', '3 kilometres are 3000 metres.'],
    ];
    const recognised = cases.map(([instruction, input]) => [
      instruction,
      input,
      rightAnswerOfAnyOccasion(instruction, input),
    ]);
    assert.deepEqual(recognised, cases);
  });

  it('does not mind white space at the ends or the colon that the recipe removes', () => {
    const task = composeFrom(english[0] ?? assert.fail('no family'), 'white space');
    const { instruction, input, output } = task;
    assert.equal(rightAnswer(`  ${instruction} `, `${input}\n`), output);
    assert.equal(rightAnswer(instruction.replace(' ', '\n  '), input), output);
    assert.equal(rightAnswer(`${instruction}:`, input), output);
  });

  it('is null for what no family composes', () => {
    assert.equal(rightAnswer('Tell me about the history of bread.', ''), null);
    assert.equal(rightAnswer('', ''), null);
    assert.equal(rightAnswer('a '.repeat(5000), ''), null);
  });

  it('is null where the input is missing or contradicts the instruction', () => {
    const family =
      allFamilies().find(({ name }) => name === 'price-in-list') ?? assert.fail('no such family');
    const { instruction } = composeFrom(family, 'contradiction');
    assert.equal(rightAnswer(instruction, ''), null);
    assert.equal(rightAnswer(instruction, 'nothing: 3 euros, at all: 4 euros'), null);
  });
});

describe('defineFamily', () => {
  it('refuses a phrasing with a slot that nobody declared', () => {
    assert.throws(
      () => defineFamily({ name: 'wrong', phrasings: ['Count {sheep}.'], slots: {}, answer: () => '1' }),
      { name: 'TypeError', message: /Count \{sheep\}\." names the slot \{sheep\}, which is not declared\.$/ },
    );
  });

  it('draws again where the values have no answer together, and gives up on a family without any', () => {
    const definition = {
      name: 'even',
      phrasings: ['Half of {n} for {who} is what?'],
      slots: { n: integer(1, 9) },
    };
    const halves = defineFamily({
      ...definition,
      answer: ({ n }) => (Number(n) % 2 === 0 ? `${Number(n) / 2}` : null),
    });
    for (let seed = 0; seed < 20; seed += 1) assert.match(composeFrom(halves, `${seed}`).output, /^[1-4]$/);
    const never = defineFamily({ ...definition, answer: () => null });
    assert.throws(() => composeFrom(never, 'any'), /found no slots with an answer/);
  });

  it('reads a slot that is named twice as one value', () => {
    const family = defineFamily({
      name: 'echo',
      phrasings: [
        'Say {word} and then {word} for the {event} of {who} and the {group} in {city} on {topic}.',
      ],
      slots: { word: oneOf(['yes', 'no']) },
      answer: ({ word }) => word,
    });
    const { instruction, output } = composeFrom(family, 'twice');
    assert.equal(family.recognise(instruction, ''), output);
    assert.equal(
      family.recognise(instruction.replace(/Say \w+/, output === 'yes' ? 'Say no' : 'Say yes'), ''),
      null,
    );
  });
});

/** A phrasing may stand behind an occasion: try it bare, then behind each that the families use. */
function rightAnswerOfAnyOccasion(instruction: string, input: string): string | null {
  const occasions = ['', 'The Lyon choir meets for the book fair. ', 'Ada Park writes about folk tales. '];
  const more = [
    'Ada Park is preparing the book fair. ',
    'The Lyon choir is busy with folk tales. ',
    'Ada Park runs a bakery in Lyon. ',
    'Ada Park of the Lyon choir wants help. ',
    'Together with a bakery in Lyon, the Lyon choir looks into folk tales. ',
    'Ada Park reads about folk tales for the book fair. ',
    'The book fair in Lyon is about folk tales. ',
    'The Lyon choir visits a bakery in Lyon. ',
  ];
  for (const occasion of [...occasions, ...more]) {
    const answer = rightAnswer(`${occasion}${instruction}`, input);
    if (answer !== null) return answer;
  }
  return null;
}

function composeFrom(family: TaskFamily, seed: string): Task {
  return family.compose(createRandom(seed));
}

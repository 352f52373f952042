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
    /^[A-Za-z0-9]/.test(instruction)
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

  it('are short requests, a minority with an input, with short answers', () => {
    const random = createRandom('shares');
    const tasks = Array.from({ length: 2000 }, () => composeTask(random));
    const shareOf = (has: (task: Task) => boolean) => tasks.filter(has).length / tasks.length;
    const withInput = shareOf(({ input }) => input !== '');
    assert.ok(withInput > 0.2 && withInput < 0.4, `${withInput} have an input`);
    const short = shareOf(({ instruction }) => instruction.split(' ').length <= 10);
    assert.ok(short > 0.55, `${short} have ten words or fewer`);
    const unknown = shareOf(({ output }) => output.startsWith('I do not know'));
    assert.ok(unknown > 0.02 && unknown < 0.06, `${unknown} ask for what is not known`);
    const lengths = tasks.map(({ output }) => output.split(/\s+/).length);
    assert.ok(Math.max(...lengths) <= 30);
    assert.ok(new Set(tasks.map(({ output }) => output)).size > 1200, 'answers depend on the task');
  });

  it('tell what they know, of which most English tasks are', () => {
    const untold = english.filter((family) => family.tell(createRandom(family.name)).sentences.length === 0);
    assert.deepEqual(
      untold.map(({ name }) => name),
      ['unknown-place', 'unknown-person', 'unknown-word', 'beyond-knowledge', 'unknowable'],
    );
    const plus = english.find(({ name }) => name === 'plus') ?? assert.fail('no such family');
    assert.deepEqual(plus.tell(createRandom('told')), {
      sentences: ['49 plus 29 is 78.', '29 and 49 make 78.'],
      output: '49 plus 29 is 78.',
    });
  });
});

describe('rightAnswer', () => {
  it('computes answers of many kinds', () => {
    const cases: [instruction: string, input: string, answer: string][] = [
      ['What is 14 plus 29?', '', '14 plus 29 is 43.'],
      ['Bao had 40 socks and gave 5 to Ada. How many are left?', '', 'Bao has 35 socks left.'],
      ['What is the plural of child?', '', 'The plural of child is children.'],
      [
        'Opposites of cold and early, please.',
        '',
        'The opposite of cold is hot. The opposite of early is late.',
      ],
      ['Sort these words: pear, axe, lute', '', 'axe, lute, pear'],
      ['Sort my packing list alphabetically.', 'pear, axe, lute', 'axe, lute, pear'],
      ['Make an acronym from apple, bear, cello.', '', 'ABC'],
      ['Is 91 even or odd?', '', 'The number 91 is odd.'],
      ['How many metres are 3 kilometres?', '', '3 kilometres are 3000 metres.'],
      ['What is the capital of Vordafen?', '', 'I do not know a place called Vordafen.'],
      ['Explain plate tectonics to me.', '', 'I do not know enough about plate tectonics.'],
      ['Do you know where my keys are?', '', 'I do not know where your keys are.'],
    ];
    const recognised = cases.map(([instruction, input]) => [
      instruction,
      input,
      rightAnswer(instruction, input),
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
      phrasings: ['Half of {n} is what?'],
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

  it('answers by what a wording names alone, and draws seldom those of which little varies', () => {
    const family = defineFamily({
      name: 'first word',
      phrasings: ['Say {one}, {two} and {three}.', 'What do I get if I say no more than {one}?'],
      slots: { one: word('a'), two: word('b'), three: word('c') },
      answer: ({ one, two }) => one + two,
    });
    const random = createRandom('seldom');
    const tasks = Array.from({ length: 400 }, () => family.compose(random));
    const seldom = tasks.filter(({ instruction }) => instruction.startsWith('What'));
    assert.ok(seldom.length > 8 && seldom.length < 40, `${seldom.length} of 400`);
    assert.match(seldom[0]?.output ?? '', /^a\d$/);
    assert.ok(
      tasks.every(({ instruction, input, output }) => family.recognise(instruction, input) === output),
    );
  });

  it('reads a slot that is named twice as one value', () => {
    const family = defineFamily({
      name: 'echo',
      phrasings: ['Say {word} and then {word}.'],
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

function word(letter: string) {
  return oneOf(Array.from({ length: 9 }, (_, index) => `${letter}${index}`));
}

function composeFrom(family: TaskFamily, seed: string): Task {
  return family.compose(createRandom(seed));
}

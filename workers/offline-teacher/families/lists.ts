import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { figures, things } from '../tasks/request-slots.ts';
import { integer, joinNames, listOf, made, oneOf } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { NOUNS } from '../vocabulary/things.ts';

const entries = (list: string) => list.split(', ');
const named = (list: string) => joinNames(entries(list));
const list = listOf(NOUNS, 3, 5);
const person = oneOf(GIVEN_NAMES);
const byValue = (list: string) => entries(list).sort((a, b) => Number(a) - Number(b));

/** Lists: sorted, counted, shortened, turned around. */
export const lists: readonly TaskFamily[] = [
  defineFamily({
    name: 'sort-alphabetically',
    weight: 2.5,
    phrasings: [
      'Sort these words: {list}',
      'Sort {list} alphabetically.',
      'Put {list} in alphabetical order.',
      '{list}: in alphabetical order, please.',
      'Order from A to Z: {list}',
    ],
    given: {
      phrasings: [
        'Sort {things} alphabetically.',
        'Put {things} in alphabetical order.',
        'I want {things} from A to Z.',
      ],
      input: '{list}',
    },
    slots: { things, list },
    answer: ({ list }) => entries(list).sort().join(', '),
    told: ({ list }, answer) => [
      `In alphabetical order, ${named(list)} are ${answer}.`,
      `From A to Z: ${answer}.`,
    ],
  }),
  defineFamily({
    name: 'sort-numbers',
    weight: 1.5,
    phrasings: [
      'Sort these numbers: {list}',
      'Sort {list} from low to high.',
      'Put {list} in rising order.',
      '{list}: smallest first, please.',
    ],
    given: { phrasings: ['Sort {figures}, smallest first.', 'Put {figures} in order.'], input: '{list}' },
    slots: {
      figures,
      list: made('\\d+(?:, \\d+){3,4}', (random) =>
        random
          .sample(
            Array.from({ length: 98 }, (_, index) => String(index + 2)),
            random.integer(4, 5),
          )
          .join(', '),
      ),
    },
    answer: ({ list }) => byValue(list).join(', '),
    told: ({ list }, answer) => [`In rising order, ${named(list)} are ${answer}.`],
  }),
  defineFamily({
    name: 'reverse-list',
    phrasings: [
      'Reverse this list: {list}',
      'Write {list} from last to first.',
      'Turn {list} around.',
      '{list}: the other way round, please.',
    ],
    given: {
      phrasings: ['Give {things} in reverse order.', 'Read {things} from the back.'],
      input: '{list}',
    },
    slots: { things, list },
    answer: ({ list }) => entries(list).reverse().join(', '),
    told: ({ list }, answer) => [`From last to first, ${named(list)} are ${answer}.`],
  }),
  defineFamily({
    name: 'count-items',
    weight: 1.5,
    phrasings: [
      'How many words are these: {list}',
      'Count the items in {list}.',
      'I packed {list}. How many things is that?',
      '{person} brings {list}. How many things does that make?',
    ],
    given: {
      phrasings: ['How many are there of {things}?', 'Count {things} for me.', 'How long is {things}?'],
      input: '{list}',
    },
    slots: { things, person, list: listOf(NOUNS, 2, 7) },
    answer: ({ list }) => `There are ${entries(list).length} items on the list.`,
    told: ({ person, list }) => [`${person} took ${entries(list).length} things: ${named(list)}.`],
  }),
  defineFamily({
    name: 'pick-position',
    weight: 1.5,
    phrasings: [
      'What is the {position} word of {list}?',
      'Give me the {position} of these: {list}',
      'Which item comes {position}: {list}',
      '{list}: which one is {position}?',
    ],
    given: {
      phrasings: ['What comes {position} in {things}?', 'Take the {position} one of {things}.'],
      input: '{list}',
    },
    slots: { things, position: oneOf(['first', 'second', 'third', 'last']), list },
    answer: ({ position, list }) => {
      const item = itemAt(position, list);
      return item === undefined ? null : `The ${position} item is ${item}.`;
    },
    told: ({ position, list }) => [`In ${named(list)}, the ${position} word is ${itemAt(position, list)}.`],
  }),
  defineFamily({
    name: 'remove-duplicates',
    phrasings: [
      'Remove the duplicates: {list}',
      'Write {list} without the repeated word.',
      'Keep one of each: {list}',
      'I wrote {list} and one is there twice. Mend it.',
    ],
    given: {
      phrasings: ['Delete what is double in {things}.', 'List {things}, each only once.'],
      input: '{list}',
    },
    slots: {
      things,
      list: made('[a-z]+(?:, [a-z]+)+', (random) => {
        const words = random.sample(NOUNS, random.integer(3, 4));
        words.splice(random.integer(1, words.length), 0, random.pick(words));
        return words.join(', ');
      }),
    },
    answer: ({ list }) => {
      const unique = [...new Set(entries(list))];
      return unique.length < entries(list).length ? unique.join(', ') : null;
    },
    told: ({ list }, answer) => [`Without the repeated word, ${named(list)} are ${answer}.`],
  }),
  defineFamily({
    name: 'bullet-list',
    phrasings: [
      'Make a bulleted list of {list}.',
      'Write {list} as bullet points.',
      'Put each on a line with a dash: {list}',
    ],
    given: {
      phrasings: [
        'Turn {things} into bullet points.',
        'Give me {things} as a list with dashes.',
        'Bullets for {things}, please.',
      ],
      input: '{list}',
    },
    slots: { things, list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) =>
      entries(list)
        .map((entry) => `- ${entry}`)
        .join('\n'),
    told: ({ list }, answer) => [`A list of ${named(list)}:\n${answer}`],
  }),
  defineFamily({
    name: 'join-with-and',
    phrasings: [
      'Make a sentence that says we need {list}.',
      'Say in one sentence that we need these: {list}',
      'Write a sentence that begins with "We need": {list}',
      'Tell the shop what we need: {list}',
    ],
    given: {
      phrasings: [
        'We need {things}. Say so in one sentence.',
        'Put {things} into a sentence with "We need".',
      ],
      input: '{list}',
    },
    slots: { things, list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) => `We need ${named(list)}.`,
    told: ({ list }, answer) => [answer, `On the list are ${named(list)}.`],
  }),
  defineFamily({
    name: 'contains-item',
    phrasings: [
      'Is {wanted} one of these: {list}',
      'I have {list}. Did I forget the {wanted}?',
      'Does {list} include {wanted}?',
      '{person} packed {list}. Is the {wanted} with them?',
    ],
    given: { phrasings: ['Is {wanted} in {things}?', 'Look for {wanted} in {things}.'], input: '{list}' },
    slots: {
      things,
      person,
      list,
      wanted: {
        pattern: '[a-z]+',
        draw: (random, { list = '' }) => random.pick(random.chance(0.5) ? entries(list) : NOUNS),
        accepts: (value) => NOUNS.includes(value),
      },
    },
    answer: ({ list, wanted }) =>
      entries(list).includes(wanted) ? `Yes, ${wanted} is on the list.` : `No, ${wanted} is not on the list.`,
    told: ({ list, wanted }, answer) => [
      `On the list stand ${named(list)}, and ${wanted} is ${answer.startsWith('Yes') ? '' : 'not '}among them.`,
    ],
  }),
  defineFamily({
    name: 'element-at-index',
    phrasings: [
      'What is at index {index} of the array [{list}]?',
      'In Python, xs = "{list}".split(", "). What is xs[{index}]?',
      'Counting from zero, which is item {index} of [{list}]?',
      'With list = [{list}], what is list[{index}]?',
      'My program holds [{list}]. Which entry has index {index}?',
      'Return element {index} of [{list}], where the first is 0.',
    ],
    slots: { list: listOf(NOUNS, 3, 4), index: integer(0, 2) },
    answer: ({ list, index }) => entries(list)[Number(index)] ?? null,
    told: ({ list, index }, answer) => [`Counting from zero, item ${index} of ${named(list)} is ${answer}.`],
  }),
];

function itemAt(position: string, list: string): string | undefined {
  const index = { first: 0, second: 1, third: 2, last: -1 }[position];
  return index === undefined ? undefined : entries(list).at(index);
}

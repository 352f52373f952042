import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, listOf, made, oneOf } from '../tasks/slots.ts';
import { NOUNS } from '../vocabulary/things.ts';

const entries = (list: string) => list.split(', ');
const list = listOf(NOUNS, 3, 5);

/** Lists in the input: sorted, counted, shortened, turned around. */
export const lists: readonly TaskFamily[] = [
  defineFamily({
    name: 'sort-alphabetically',
    weight: 1.5,
    phrasings: [
      'Sort the words that {who} wrote for the {event} alphabetically.',
      'Arrange the list of {setting} in alphabetical order.',
      'Put the {group} list from {city} into alphabetical order.',
      'Order these words about {topic} from A to Z for {who}.',
      '{who} wants the items for {topic} and the {event} sorted by their letters.',
      'Rearrange what {who} packed for {city} on {day} so that it follows the alphabet.',
    ],
    input: '{list}',
    slots: { list },
    answer: ({ list }) => entries(list).sort().join(', '),
  }),
  defineFamily({
    name: 'sort-numbers',
    phrasings: [
      'Sort the scores of {who} at the {event} from lowest to highest.',
      'Arrange the house numbers that {who} visited in {city} in ascending order.',
      'Put the ages of the {group} from {city} in rising order.',
      'Order the {topic} figures from {who} by size, smallest first.',
      '{who} mixed up the page numbers on {topic}. List them in increasing order.',
      'Rank the {day} prices of {setting} from cheap to dear.',
    ],
    input: '{list}',
    slots: {
      list: made('\\d+(?:, \\d+){3,4}', (random) =>
        random
          .sample(
            Array.from({ length: 98 }, (_, index) => String(index + 2)),
            random.integer(4, 5),
          )
          .join(', '),
      ),
    },
    answer: ({ list }) =>
      entries(list)
        .sort((a, b) => Number(a) - Number(b))
        .join(', '),
  }),
  defineFamily({
    name: 'reverse-list',
    phrasings: [
      'Reverse the order of the items that {who} lists for the {event}.',
      'Write the {group} list from {city} from last to first.',
      'Turn around the list of things {who} saw in {city} on {day}.',
      'Give the shopping list of {who} for {topic} in the opposite order.',
      '{who} reads the notes on {topic} from the bottom up. Show that order.',
      'Present the stock of {setting} back to front.',
    ],
    input: '{list}',
    slots: { list },
    answer: ({ list }) => entries(list).reverse().join(', '),
  }),
  defineFamily({
    name: 'count-items',
    weight: 1.5,
    phrasings: [
      'Count the items on the list of {who} for {topic}.',
      'How many things did {who} buy in {city} for the {event}?',
      'State the number of entries in the {group} inventory from {city}.',
      'Find out how many objects {who} left at {setting}.',
      'The {day} list about {topic} belongs to {who}. How long is it?',
      'Tell the {group} how many words {who} chose for the {event}.',
    ],
    input: '{list}',
    slots: { list: listOf(NOUNS, 2, 7) },
    answer: ({ list }) => `There are ${entries(list).length} items on the list.`,
  }),
  defineFamily({
    name: 'pick-position',
    weight: 1.5,
    phrasings: [
      'Name the {position} item on the list of {who} from {city}.',
      'Which word comes {position} in the notes of {who} on {topic}?',
      '{who} needs only the {position} entry of the {event} list.',
      'Extract the {position} element of what the {group} wrote about {topic}.',
      'Look at the stock of {setting} and give the {position} thing.',
      'From the {day} order of {who}, select the {position} word for the {group}.',
    ],
    input: '{list}',
    slots: { position: oneOf(['first', 'second', 'third', 'last']), list },
    answer: ({ position, list }) => {
      const index = { first: 0, second: 1, third: 2, last: -1 }[position];
      const item = index === undefined ? undefined : entries(list).at(index);
      return item === undefined ? null : `The ${position} item is ${item}.`;
    },
  }),
  defineFamily({
    name: 'remove-duplicates',
    phrasings: [
      'Remove the repeated words from the list that {who} made in {city}.',
      'The {group} list on {topic} has an item twice. Write it without repeats.',
      'Clean up the {event} list of {who}: every item only once.',
      'Keep one of each in what {who} ordered from {setting}.',
      '{who} noted some {topic} words twice on {day}. List the different ones.',
      'Delete the duplicates in the inventory of {who} for the {event}.',
    ],
    input: '{list}',
    slots: {
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
  }),
  defineFamily({
    name: 'bullet-list',
    phrasings: [
      'Turn the comma list of {who} for the {event} into bullet points.',
      'Format the {topic} items of the {group} as a bulleted list.',
      'Write each thing that {who} packed for {city} on a line with a dash.',
      'Make a list with dashes out of what {setting} sells.',
      '{who} wants the {day} tasks on {topic} one below the other with dashes.',
      'Present the goods that {who} sent to {city} as a dashed list.',
    ],
    input: '{list}',
    slots: { list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) =>
      entries(list)
        .map((entry) => `- ${entry}`)
        .join('\n'),
  }),
  defineFamily({
    name: 'join-with-and',
    phrasings: [
      'Write the things {who} found in {city} as one sentence.',
      'Summarize the {group} list about {topic} in a sentence that begins with "We need".',
      'Turn the notes of {who} for the {event} into one sentence.',
      'Make a full sentence of what {setting} must order.',
      'Combine the {day} items of {who} on {topic} into a sentence.',
      'State in one sentence what the {group} requires for the {event}.',
    ],
    input: '{list}',
    slots: { list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) => {
      const items = entries(list);
      return `We need ${items.slice(0, -1).join(', ')} and ${items.at(-1)}.`;
    },
  }),
  defineFamily({
    name: 'contains-item',
    phrasings: [
      'Is {wanted} on the list that {who} took to {city}?',
      'Check whether the {group} packed {wanted} for the {event}.',
      '{who} asks if {wanted} is among the things at {setting}.',
      'Does the {day} list of {who} on {topic} mention {wanted}?',
      'Decide if {wanted} appears in what {who} wrote about {topic}.',
      'Tell {who} whether {setting} has {wanted} in stock.',
    ],
    input: '{list}',
    slots: {
      list,
      wanted: {
        pattern: '[a-z]+',
        draw: (random, { list = '' }) => random.pick(random.chance(0.5) ? entries(list) : NOUNS),
        accepts: (value) => NOUNS.includes(value),
      },
    },
    answer: ({ list, wanted }) =>
      entries(list).includes(wanted) ? `Yes, ${wanted} is on the list.` : `No, ${wanted} is not on the list.`,
  }),
  defineFamily({
    name: 'element-at-index',
    phrasings: [
      'In the array [{list}] by {who}, what is at index {index}, counting from 0?',
      'Counting from zero, give element {index} of [{list}] for {who}.',
      '{who} debugs [{list}] in {city}. Which value has the index {index}, with 0 the first?',
      'Return the item with zero-based index {index} from [{list}], as {who} asked.',
      'What would list[{index}] be for list = [{list}] in the script of {who}?',
      'A program of the {group} holds [{list}]. Name entry {index} when the first is 0.',
    ],
    slots: { list: listOf(NOUNS, 3, 4), index: integer(0, 2) },
    answer: ({ list, index }) => entries(list)[Number(index)] ?? null,
  }),
];

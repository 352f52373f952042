import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, made, oneOf } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { COUNTABLES } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);
const things = oneOf(COUNTABLES);
const numbers = (count: number, max: number) =>
  made('\\d+(?:, \\d+)+', (random) => Array.from({ length: count }, () => random.integer(2, max)).join(', '));
const parse = (list: string) => list.split(', ').map(Number);
const total = (list: string) => parse(list).reduce((sum, value) => sum + value, 0);

/** Sums, differences, products and shares, most of them told as small stories. */
export const arithmetic: readonly TaskFamily[] = [
  defineFamily({
    name: 'add-more',
    phrasings: [
      '{person} has {a} {things} and buys {b} more in {city}. How many {things} is that?',
      'If {person} owns {a} {things} and {who} brings {b} more, how many {things} are there?',
      'Compute how many {things} {person} has after adding {b} to the first {a} for the {event}.',
      'There are {a} {things} in the cellar and {b} {things} in the attic of {person}. Find the total.',
      'On {day} {person} counted {a} {things}; by evening another {b} {things} had come from {city}. What is the sum?',
      'Work out the number of {things} that {person} needs: {a} for the {event} and {b} for {who}.',
      'The {group} gave {person} {a} {things} and later {b} {things}. Add them up.',
    ],
    slots: { person, things, a: integer(2, 60), b: integer(2, 40) },
    answer: ({ person, things, a, b }) => `${person} has ${Number(a) + Number(b)} ${things}.`,
  }),
  defineFamily({
    name: 'take-away',
    phrasings: [
      '{person} had {a} {things} and gave {b} of them to {who}. How many {things} are left?',
      'From {a} {things}, {person} sold {b} at the {event}. Calculate what remains.',
      'How many {things} does {person} still have after losing {b} out of {a} in {city}?',
      'Subtract the {b} {things} that {who} took from the {a} that {person} carried to {city}.',
      '{who} broke {b} of the {a} {things} belonging to {person}. Say how many {things} remain.',
      'Before the {event} {person} kept {a} {things}, and {b} were used up. Find the rest.',
    ],
    slots: { person, things, a: integer(31, 90), b: integer(2, 30) },
    answer: ({ person, things, a, b }) => `${person} has ${Number(a) - Number(b)} ${things} left.`,
  }),
  defineFamily({
    name: 'total-price',
    phrasings: [
      '{things} cost {price} euros each in {city}. What does {person} pay for {count} of them?',
      'Calculate the bill of {person} for {count} {things} at {price} euros apiece.',
      '{person} orders {count} {things} for the {event}, each at {price} euros. How much is it?',
      'How many euros does {person} owe {who} for {count} {things} priced at {price} each?',
      'At {setting}, {person} bought {count} {things} for {price} euros each. Give the total price.',
      'If one of the {things} costs {price} euros, how much money does {person} need for {count}?',
    ],
    slots: { person, things, price: integer(2, 9), count: integer(2, 12) },
    answer: ({ things, price, count }) =>
      `The ${count} ${things} cost ${Number(price) * Number(count)} euros.`,
  }),
  defineFamily({
    name: 'share-equally',
    phrasings: [
      '{person} shares {total} {things} equally among {count} friends in {city}. How many does each get?',
      'Divide {total} {things} fairly between {count} members of the {group}.',
      'The {group} has {total} {things} for {count} people. What is the share of each?',
      'For the {event}, {total} {things} must be split into {count} equal heaps. How big is a heap?',
      'How many {things} go into each of {count} boxes if {who} packs {total} of them evenly?',
      '{who} and {person} sort {total} {things} into {count} bags of the same size. Compute the contents of one bag.',
    ],
    slots: {
      person,
      things,
      count: integer(2, 9),
      total: made('\\d+', (random, { count }) => String(Number(count) * random.integer(2, 12))),
    },
    answer: ({ things, total, count }) =>
      Number(total) % Number(count) === 0 ? `Each gets ${Number(total) / Number(count)} ${things}.` : null,
  }),
  defineFamily({
    name: 'sum-of-list',
    phrasings: [
      'Add the numbers that {who} wrote down for the {event} in {city}.',
      'What do the daily counts of the {group} on {topic} come to in all?',
      '{who} from {city} sold {topic} leaflets on several days. Sum the amounts given.',
      'Find the total of these scores from the {event} of the {group}.',
      'Compute the overall number of visitors {who} counted at {setting}.',
      'The amounts below were paid by the {group} for {topic}; work out their sum.',
      'How much do the {day} bills of {who} and the {group} make together?',
    ],
    input: '{list}',
    slots: {
      list: made('\\d+(?:, \\d+)+', (random) =>
        Array.from({ length: random.integer(3, 4) }, () => random.integer(2, 30)).join(', '),
      ),
    },
    answer: ({ list }) => `They come to ${total(list)} in all.`,
  }),
  defineFamily({
    name: 'largest-number',
    weight: 1.5,
    phrasings: [
      'Find the highest score in the list that {who} kept at the {event}.',
      'Which of these numbers about {topic} from {city} is the greatest?',
      '{who} measured {topic} in {city} several times. Report the largest value.',
      'Identify the biggest amount that the {group} spent on {topic}.',
      'From the ticket sales of {setting}, pick out the maximum.',
      'Tell {who} which entry of the {event} table is the largest number.',
    ],
    input: '{list}',
    slots: { list: numbers(4, 99) },
    answer: ({ list }) => `The number ${Math.max(...parse(list))} is the largest.`,
  }),
  defineFamily({
    name: 'smallest-number',
    phrasings: [
      'Find the lowest temperature that {who} noted in {city} during the {event}.',
      'Which of the prices for {topic} at {setting} is the smallest?',
      'The {group} timed {who} several times. Report the least value.',
      'Identify the minimum among the {day} readings about {topic}.',
      'Pick the smallest amount that {who} paid for {topic} in {city}.',
      'Out of the numbers sent by the {group} in {city}, name the lowest one.',
    ],
    input: '{list}',
    slots: { list: numbers(4, 99) },
    answer: ({ list }) => `The number ${Math.min(...parse(list))} is the smallest.`,
  }),
  defineFamily({
    name: 'average',
    phrasings: [
      'What is the average of {list} {things} sold by {who}?',
      'Compute the mean of {list}, the {things} counted in {city} by {who}.',
      '{who} found {list} {things} on three days. Give the average.',
      'On average, how many {things} is {list} for the {group}?',
      'The {group} used {list} {things} at each {event}. Calculate the mean number.',
      'Take {list} {things} from {city} and work out their arithmetic mean for {who}.',
    ],
    slots: {
      things,
      list: made('\\d+, \\d+ and \\d+', (random) => {
        const mean = random.integer(6, 30);
        const [left, right] = [random.integer(1, 5), random.integer(1, 5)];
        return `${mean - left}, ${mean + right} and ${mean + left - right}`;
      }),
    },
    answer: ({ list, things }) => `The average is ${total(list.replace(' and ', ', ')) / 3} ${things}.`,
  }),
  defineFamily({
    name: 'percentage',
    phrasings: [
      'What is {share} percent of {whole} {things} for {who}?',
      '{person} owns {whole} {things} and {share} percent are broken. How many is that?',
      'Of the {whole} {things} at {setting}, {share} percent were sold. Compute the number.',
      'Calculate {share} percent of the {whole} {things} that the {group} ordered.',
      'If {share} percent of {whole} {things} are bound for {city}, how many {things} does {who} send?',
      'At the {event} {share} percent of {whole} {things} were left over. Work out how many.',
    ],
    slots: { person, things, share: integer(10, 90, 10), whole: integer(20, 400, 10) },
    answer: ({ share, whole, things }) => `That is ${(Number(share) * Number(whole)) / 100} ${things}.`,
  }),
  defineFamily({
    name: 'rectangle',
    phrasings: [
      'A garden in {city} is {a} metres long and {b} metres wide. What area does {who} own?',
      'Compute the area of the {a} by {b} metre room that {who} rents in {city}.',
      '{who} paints a wall of {a} by {b} metres for the {event}. How many square metres is it?',
      'The {group} lays a carpet {a} metres by {b} metres in {city}. Find its area.',
      'How large, in square metres, is a field of {a} times {b} metres near {city} owned by {who}?',
      'At {setting} the floor measures {a} metres by {b} metres. Calculate its surface.',
    ],
    slots: { a: integer(3, 20), b: integer(2, 12) },
    answer: ({ a, b }) => `The area is ${Number(a) * Number(b)} square metres.`,
  }),
  defineFamily({
    name: 'double-amount',
    phrasings: [
      '{who} needs {a} {things} for one table. How many for two tables at the {event}?',
      'Double the {a} {things} that {who} ordered for {city}.',
      'The {group} expects twice as many guests. Instead of {a} {things}, what should {who} buy?',
      'What is two times {a} {things}, as {who} asked in {city}?',
      'A recipe of {who} from {city} asks for {a} {things}. Give the amount for a double batch.',
      '{who} has {a} {things} and {person} has twice as many. How many {things} has {person}?',
    ],
    slots: { person, things, a: integer(2, 60) },
    answer: ({ a, things }) => `Twice ${a} is ${2 * Number(a)} ${things}.`,
  }),
  defineFamily({
    name: 'next-in-sequence',
    phrasings: [
      '{who} counted {series} {things} on following days. Which number comes next?',
      'Continue the sequence {series} that {who} from {city} began.',
      'What number follows {series} in the puzzle of the {group}?',
      'Complete the series {series} for the {event} in {city}.',
      'The {group} sold {series} {things} week by week. Predict the next number.',
      'Find the rule of {series} and give {who} the following term for the {event}.',
    ],
    slots: {
      things,
      series: made('\\d+, \\d+, \\d+', (random) => {
        const [start, step] = [random.integer(1, 30), random.integer(2, 10)];
        return [start, start + step, start + 2 * step].join(', ');
      }),
    },
    answer: ({ series }) => {
      const [first = 0, second = 0, third = 0] = parse(series);
      return third - second === second - first ? `The number ${third + second - first} comes next.` : null;
    },
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { figures, why } from '../tasks/request-slots.ts';
import { integer, made, oneOf } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { COUNTABLES } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);
const friend = oneOf(GIVEN_NAMES, ['person']);
const things = oneOf(COUNTABLES);
const numbers = (least: number, most: number, max: number) =>
  made('\\d+(?:, \\d+)+', (random) =>
    Array.from({ length: random.integer(least, most) }, () => random.integer(2, max)).join(', '),
  );
const parse = (list: string) => list.split(', ').map(Number);
const total = (list: string) => parse(list).reduce((sum, value) => sum + value, 0);

/** Sums, differences, products and shares: bare, or told as small stories. */
export const arithmetic: readonly TaskFamily[] = [
  defineFamily({
    name: 'plus',
    weight: 2,
    phrasings: [
      'What is {a} plus {b}?',
      'Add {a} and {b}.',
      '{a} + {b} = ?',
      'Can you add {a} to {b}? {why}',
      'How much is {a} and {b} together?',
      'Sum of {a} and {b}, please.',
      'I have {a} and I get {b} more. What is the total?',
      '{why} What do {a} and {b} make?',
    ],
    slots: { a: integer(2, 60), b: integer(2, 40), why },
    answer: ({ a, b }) => `${a} plus ${b} is ${Number(a) + Number(b)}.`,
    told: ({ a, b }, answer) => [answer, `${b} and ${a} make ${Number(a) + Number(b)}.`],
  }),
  defineFamily({
    name: 'minus',
    weight: 1.5,
    phrasings: [
      'What is {a} minus {b}?',
      'Subtract {b} from {a}.',
      '{a} - {b} = ?',
      'Take {b} away from {a}.',
      'How much is {a} less {b}?',
      '{why} What is left of {a} without {b}?',
      'Please work out {a} minus {b}. {why}',
    ],
    slots: { a: integer(31, 90), b: integer(2, 30), why },
    answer: ({ a, b }) => `${a} minus ${b} is ${Number(a) - Number(b)}.`,
    told: ({ a, b }, answer) => [answer, `If you take ${b} from ${a}, ${Number(a) - Number(b)} are left.`],
  }),
  defineFamily({
    name: 'times',
    phrasings: [
      'What is {a} times {b}?',
      'Multiply {a} by {b}.',
      '{a} x {b} = ?',
      '{a} multiplied by {b}, please.',
      '{why} How much is {a} times {b}?',
      'Give me the product of {a} and {b}. {why}',
    ],
    slots: { a: integer(2, 9), b: integer(2, 20), why },
    answer: ({ a, b }) => `${a} times ${b} is ${Number(a) * Number(b)}.`,
    told: ({ a, b }, answer) => [answer, `${b} times ${a} is ${Number(a) * Number(b)} as well.`],
  }),
  defineFamily({
    name: 'divided-by',
    phrasings: [
      'What is {whole} divided by {count}?',
      'Divide {whole} by {count}.',
      '{whole} / {count} = ?',
      'How often does {count} go into {whole}?',
      '{why} Which number is {whole} divided by {count}?',
      'Split {whole} into {count} equal parts. {why}',
    ],
    slots: {
      count: integer(2, 9),
      whole: made('\\d+', (random, { count }) => String(Number(count) * random.integer(2, 12))),
      why,
    },
    answer: ({ whole, count }) =>
      Number(whole) % Number(count) === 0
        ? `${whole} divided by ${count} is ${Number(whole) / Number(count)}.`
        : null,
    told: ({ whole, count }, answer) => [answer, `${count} goes into ${whole} without a rest.`],
  }),
  defineFamily({
    name: 'add-more',
    phrasings: [
      '{person} has {a} {things} and buys {b} more. How many {things} is that?',
      'If {person} owns {a} {things} and {friend} brings {b} more, how many are there?',
      'There are {a} {things} in the cellar and {b} in the attic. How many does {person} have?',
      '{person} counted {a} {things} in the morning and {b} at night. What is the sum?',
      '{person} has {a} {things} at home and gets {b} from {friend}. How many in all?',
      '{friend} gave {person} {a} {things}, then another {b}. How many has {person} now?',
    ],
    slots: { person, friend, things, a: integer(2, 60), b: integer(2, 40) },
    answer: ({ person, things, a, b }) => `${person} has ${Number(a) + Number(b)} ${things}.`,
    told: ({ person, things, a, b }) => [
      `${person} had ${a} ${things}, got ${b} more, and then had ${Number(a) + Number(b)} ${things}.`,
    ],
  }),
  defineFamily({
    name: 'take-away',
    phrasings: [
      '{person} had {a} {things} and gave {b} to {friend}. How many are left?',
      'From {a} {things}, {person} sold {b}. What remains?',
      'How many {things} does {person} still have after losing {b} of {a}?',
      '{friend} broke {b} of the {a} {things} of {person}. How many are whole?',
      'Out of {a} {things}, {b} are used up. How many can {person} still use?',
      '{person} has {a} {things} and the guests take {b}. What is left?',
    ],
    slots: { person, friend, things, a: integer(31, 90), b: integer(2, 30) },
    answer: ({ person, things, a, b }) => `${person} has ${Number(a) - Number(b)} ${things} left.`,
    told: ({ person, things, a, b }, answer) => [
      `${person} had ${a} ${things} and gave away ${b}. ${answer}`,
    ],
  }),
  defineFamily({
    name: 'total-price',
    phrasings: [
      'What do {count} {things} cost at {price} euros each?',
      '{count} {things}, {price} euros apiece: how much?',
      '{person} buys {count} {things} for {price} euros each. What is the total?',
      '{count} {things} at {price} euros each: total?',
      '{person} buys {count} {things}, {price} euros each. How much?',
      'What are {count} {things} at {price} euros?',
    ],
    slots: { person, things, price: integer(2, 9), count: integer(2, 12) },
    answer: ({ things, price, count }) =>
      `The ${count} ${things} cost ${Number(price) * Number(count)} euros.`,
    told: ({ things, price, count }, answer) => [
      `The shop sells ${things} for ${price} euros each. ${answer}`,
      `At ${price} euros each, ${count} ${things} cost ${Number(price) * Number(count)} euros.`,
    ],
  }),
  defineFamily({
    name: 'share-equally',
    phrasings: [
      '{count} friends share {whole} {things}. How many each?',
      'Divide {whole} {things} by {count} people.',
      'We have {whole} {things} for {count} people. What is the share of each?',
      '{person} packs {whole} {things} into {count} boxes. How many per box?',
      'Split {whole} {things} into {count} equal heaps.',
      '{whole} {things} for {count} children: how many each?',
    ],
    slots: {
      person,
      things,
      count: integer(2, 9),
      whole: made('\\d+', (random, { count }) => String(Number(count) * random.integer(2, 12))),
    },
    answer: ({ things, whole, count }) =>
      Number(whole) % Number(count) === 0 ? `Each gets ${Number(whole) / Number(count)} ${things}.` : null,
    told: ({ person, things, whole, count }, answer) => [
      `${person} shared ${whole} ${things} among ${count} friends. ${answer}`,
    ],
  }),
  defineFamily({
    name: 'sum-of-list',
    phrasings: [
      'Add these numbers: {list}',
      'What is the sum of {list}?',
      'Total of {list}, please.',
      '{list}: how much is that together?',
    ],
    given: { phrasings: ['Add up {figures}.', 'What do {figures} come to?'], input: '{list}' },
    slots: { figures, list: numbers(3, 4, 30) },
    answer: ({ list }) => `They come to ${total(list)} in all.`,
    told: ({ list }) => [`The sum of ${list} is ${total(list)}.`],
  }),
  ...(['largest', 'smallest'] as const).map((kind) => {
    const found = (list: string) => (kind === 'largest' ? Math.max : Math.min)(...parse(list));
    const word = kind === 'largest' ? 'biggest' : 'lowest';
    return defineFamily({
      name: `${kind}-number`,
      phrasings: [
        `Which number is the ${kind}: {list}`,
        `Find the ${word} of {list}.`,
        `Of {list}, which is ${kind}?`,
        `{why} Which is the ${word} number, {list}?`,
      ],
      given: {
        phrasings: [`Pick the ${kind} from {figures}.`, `Name the ${word} of {figures}.`],
        input: '{list}',
      },
      slots: { why, figures, list: numbers(4, 4, 99) },
      answer: ({ list }) => `The number ${found(list)} is the ${kind}.`,
      told: ({ list }) => [`Of ${list}, the ${kind} number is ${found(list)}.`],
    });
  }),
  defineFamily({
    name: 'average',
    phrasings: [
      'What is the average of {list}?',
      'Average of {list}, please.',
      'Mean of {list}? {why}',
      'I sold {list} {things}. How many is that on average?',
      '{person} found {list} {things} on three days. Give the mean.',
      'Work out the average number of {things}: {list}',
    ],
    slots: {
      person,
      things,
      why,
      list: made('\\d+, \\d+ and \\d+', (random) => {
        const mean = random.integer(6, 30);
        const [left, right] = [random.integer(1, 5), random.integer(1, 5)];
        return `${mean - left}, ${mean + right} and ${mean + left - right}`;
      }),
    },
    answer: ({ list }) => `The average is ${total(list.replace(' and ', ', ')) / 3}.`,
    told: ({ list }) => [`The average of ${list} is ${total(list.replace(' and ', ', ')) / 3}.`],
  }),
  defineFamily({
    name: 'percentage',
    phrasings: [
      'What is {share} percent of {whole}?',
      '{share}% of {whole} = ?',
      'Take {share} percent of {whole} {things}.',
      'Of {whole} {things}, {share} percent are broken. How many is that?',
      '{person} gets {share} percent of {whole} euros. How much is it?',
      'How many are {share} percent of {whole} {things}? {why}',
    ],
    slots: { person, things, why, share: integer(10, 90, 10), whole: integer(20, 400, 10) },
    answer: ({ share, whole }) => `${share} percent of ${whole} is ${(Number(share) * Number(whole)) / 100}.`,
    told: ({ share, whole }, answer) => [
      answer,
      `Out of ${whole}, ${(Number(share) * Number(whole)) / 100} are ${share} percent.`,
    ],
  }),
];

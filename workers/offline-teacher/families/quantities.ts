import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { why } from '../tasks/request-slots.ts';
import { integer, made, oneOf } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { COUNTABLES } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);
const friend = oneOf(GIVEN_NAMES, ['person']);
const things = oneOf(COUNTABLES);
const parse = (list: string) => list.split(', ').map(Number);

/** How large, how much more, which comes next, even or odd. */
export const quantities: readonly TaskFamily[] = [
  defineFamily({
    name: 'rectangle',
    phrasings: [
      'My garden is {a} metres long and {b} metres wide. What is its area?',
      '{a} by {b} metres: what area?',
      'Area of {a} times {b} metres?',
      'A wall measures {a} by {b} metres. How many square metres do I paint?',
      '{why} How large is a field of {a} by {b} metres?',
      'We need a carpet for {a} metres by {b} metres. How many square metres is that?',
      '{person} buys a field, {a} by {b} metres. Area?',
    ],
    slots: { a: integer(3, 20), b: integer(2, 12), why, person },
    answer: ({ a, b }) => `The area is ${Number(a) * Number(b)} square metres.`,
    told: ({ a, b }) => [
      `A room of ${a} by ${b} metres has an area of ${Number(a) * Number(b)} square metres.`,
    ],
  }),
  defineFamily({
    name: 'double-amount',
    phrasings: [
      'What is twice {a}? {why}',
      'Double the {a} {things} on my order.',
      'Twice {a} {things}, how many?',
      'One table needs {a} {things}. How many for two?',
      'My recipe says {a} {things}. I want a double batch.',
      '{person} has {a} {things} and {friend} has twice as many. How many has {friend}?',
      'Two times {a} {things} is how many?',
    ],
    slots: { person, friend, things, why, a: integer(2, 60) },
    answer: ({ a }) => `Twice ${a} is ${2 * Number(a)}.`,
    told: ({ a }, answer) => [answer, `The double of ${a} is ${2 * Number(a)}.`],
  }),
  defineFamily({
    name: 'next-in-sequence',
    phrasings: [
      'Which number comes next: {series}?',
      'Continue the sequence {series}.',
      'What follows {series} in this puzzle?',
      '{series}, and then?',
      'Find the rule of {series} and give the next term.',
      '{person} saves {series} euros week by week. How much is next?',
    ],
    slots: {
      person,
      series: made('\\d+, \\d+, \\d+', (random) => {
        const [start, step] = [random.integer(1, 30), random.integer(2, 10)];
        return [start, start + step, start + 2 * step].join(', ');
      }),
    },
    answer: ({ series }) => {
      const [first = 0, second = 0, third = 0] = parse(series);
      return third - second === second - first ? `The number ${third + second - first} comes next.` : null;
    },
    told: ({ series }) => {
      const [, second = 0, third = 0] = parse(series);
      return [
        `After ${series} comes ${2 * third - second}.`,
        `From ${second} to ${third} it is ${third - second}.`,
      ];
    },
  }),
  defineFamily({
    name: 'even-or-odd',
    isClassification: true,
    phrasings: [
      'Even or odd: {n}? {why}',
      '{why} Is {n} even or odd?',
      'I live at number {n}. Is that even or odd? {why}',
      '{person} drew ticket {n}. Is it an even number?',
      'Can {n} people split into two equal teams? {why}',
      'Is {n} an odd number? {person} says it is.',
      'Is {n} even or odd?',
      'Say whether {n} is even or odd.',
    ],
    slots: { n: integer(11, 999), why, person },
    answer: ({ n }) => `The number ${n} is ${Number(n) % 2 === 0 ? 'even' : 'odd'}.`,
    told: ({ n }, answer) => [answer, `${n} is an ${Number(n) % 2 === 0 ? 'even' : 'odd'} number.`],
  }),
  defineFamily({
    name: 'compare-numbers',
    phrasings: [
      '{first} paid {a} euros and {second} paid {b}. Who paid more?',
      '{first} has {a} points, {second} has {b}. Who leads?',
      'Who is older, {first} at {a} or {second} at {b}?',
      '{first} read {a} pages and {second} read {b}. Who read more?',
      '{first} ran {a} kilometres and {second} ran {b}. Who went farther?',
      'With {a} votes for {first} and {b} for {second}, who wins?',
    ],
    slots: {
      first: oneOf(GIVEN_NAMES),
      second: oneOf(GIVEN_NAMES, ['first']),
      a: integer(10, 99),
      b: integer(10, 99),
    },
    answer: ({ first, second, a, b }) =>
      a === b
        ? null
        : `${Number(a) > Number(b) ? first : second} does, by ${Math.abs(Number(a) - Number(b))}.`,
    told: ({ a, b }) => {
      const [less, more] = [Number(a), Number(b)].sort((x, y) => x - y);
      return [`${more} is more than ${less}.`, `${less} is less than ${more}.`];
    },
  }),
  defineFamily({
    name: 'shopping-change',
    phrasings: [
      'I pay {price} euros with a note of {paid}. How much change do I get? {why}',
      '{person} hands over {paid} euros for goods of {price}. What is the change?',
      'Change from {paid} euros for a bill of {price}? {why}',
      '{person} owes {price} euros and gives {paid}. What comes back?',
      '{things} for {price} euros, paid with {paid}: how much is returned?',
      'The {things} cost {price} euros. {person} pays with {paid}. What change is due?',
    ],
    slots: {
      person,
      why,
      things,
      paid: oneOf(['10', '50', '100']),
      price: made('\\d+', (random, { paid = '10' }) => String(random.integer(2, Number(paid) - 1))),
    },
    answer: ({ paid, price }) =>
      Number(paid) > Number(price) ? `The change is ${Number(paid) - Number(price)} euros.` : null,
    told: ({ person, paid, price }, answer) => [
      `${person} paid ${price} euros with a note of ${paid} euros. ${answer}`,
    ],
  }),
];

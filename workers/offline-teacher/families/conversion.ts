import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { why } from '../tasks/request-slots.ts';
import { integer, made, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import { pairs } from '../vocabulary/lists.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { EVENTS } from '../vocabulary/topics.ts';

/** Larger unit to "how many smaller ones". */
const UNITS = pairs(`
  kilometres = 1000 metres, metres = 100 centimetres, centimetres = 10 millimetres, kilograms = 1000 grams,
  tonnes = 1000 kilograms, litres = 1000 millilitres, hours = 60 minutes, minutes = 60 seconds,
  days = 24 hours, weeks = 7 days, years = 12 months, decades = 10 years, centuries = 100 years,
  feet = 12 inches, yards = 3 feet, pounds = 16 ounces, gallons = 8 pints, dozens = 12 pieces,
  euros = 100 cents, kilobytes = 1000 bytes
`);

const NUMERALS: readonly (readonly [number, string])[] = [
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];

function roman(value: number): string {
  let rest = value;
  return NUMERALS.reduce((text, [worth, sign]) => {
    const times = Math.floor(rest / worth);
    rest -= times * worth;
    return text + sign.repeat(times);
  }, '');
}

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/** 0 to 99 in English words. */
function inWords(value: number): string {
  if (value < 20) return ONES[value] ?? '';
  const tens = TENS[Math.floor(value / 10)] ?? '';
  return value % 10 === 0 ? tens : `${tens}-${ONES[value % 10]}`;
}

const NUMBERS_IN_WORDS = Array.from({ length: 98 }, (_, index) => inWords(index + 2));
const ROMANS = Array.from({ length: 98 }, (_, index) => roman(index + 2));

const person = oneOf(GIVEN_NAMES);
const event = oneOf(EVENTS);
const city = oneOf(CITIES);
const each = (entries: string, sentence: (entry: string) => string) =>
  splitNames(entries).map(sentence).join(' ');
const DIGITS = Array.from({ length: 98 }, (_, index) => String(index + 2));

/** Number to number in another writing, one or several at once. */
function rewritten(
  name: string,
  from: readonly string[],
  sentence: (from: string, index: number) => string,
  told: (from: string, index: number) => readonly string[],
  phrasings: readonly string[],
): TaskFamily {
  return defineFamily({
    name,
    phrasings,
    slots: { n: oneOf(from), several: namesOf(from, 3, 3), why, person, city },
    answer: ({ n, several }) => each(n || several, (entry) => sentence(entry, from.indexOf(entry))),
    told: ({ n }) => told(n, from.indexOf(n)),
  });
}

/** One way of writing a quantity turned into another. */
export const conversion: readonly TaskFamily[] = [
  defineFamily({
    name: 'convert-units',
    weight: 2,
    phrasings: [
      'Convert {amount} {unit} to {small}.',
      'How many {small} are {amount} {unit}?',
      '{amount} {unit} in {small}, please.',
      '{why} What are {amount} {unit} in {small}?',
      'My plan says {amount} {unit}. I need it in {small}.',
      'Give me {amount} {unit} as {small}. {why}',
    ],
    slots: {
      unit: oneOf(UNITS.keys()),
      small: made('[a-z]+', (_, { unit = '' }) => UNITS.get(unit)?.split(' ')[1] ?? ''),
      amount: integer(2, 15),
      why,
    },
    answer: ({ unit, small, amount }) => {
      const [factor, name] = UNITS.get(unit)?.split(' ') ?? [];
      return name === small ? `${amount} ${unit} are ${Number(amount) * Number(factor)} ${small}.` : null;
    },
    told: ({ unit, small, amount }, answer) => [
      answer,
      `There are ${Number(amount) * Number(UNITS.get(unit)?.split(' ')[0])} ${small} in ${amount} ${unit}.`,
    ],
  }),
  rewritten(
    'to-roman',
    DIGITS,
    (n) => `In Roman numerals ${n} is ${roman(Number(n))}.`,
    (n) => [
      `In Roman numerals ${n} is ${roman(Number(n))}.`,
      `The Romans wrote ${n} as ${roman(Number(n))}.`,
    ],
    [
      '{several} in Roman numerals, please.',
      'Write {several} as Roman numerals.',
      'How did the Romans write {n}? {why}',
      '{why} What is {n} in Roman numerals?',
      'The clock shows {several}. Which Roman numerals are these?',
      '{person} turns {n} in {city} and wants it in Roman numerals on the cake.',
      'Write {n} in Roman numerals.',
      'What is the Roman numeral for {n}?',
    ],
  ),
  rewritten(
    'from-roman',
    ROMANS,
    (numeral, index) => `${numeral} is the number ${index + 2}.`,
    (numeral, index) => [
      `${numeral} is the number ${index + 2}.`,
      `The Roman numeral ${numeral} stands for ${index + 2}.`,
    ],
    [
      'Which numbers are {several}?',
      'Convert the Roman numerals {several} to digits.',
      'It says {n} above a door in {city}. Which number is that?',
      '{why} What number is {n}?',
      'Decode the numerals {several}.',
      '{person} reads chapter {n}. Which number is it? {why}',
      'What number is the Roman numeral {n}?',
      'Write {n} in ordinary digits.',
    ],
  ),
  rewritten(
    'number-to-words',
    DIGITS,
    (n) => `In words, ${n} is ${inWords(Number(n))}.`,
    (n) => [`In words, ${n} is ${inWords(Number(n))}.`, `The number ${n} is spelled ${inWords(Number(n))}.`],
    [
      'Write {several} in words.',
      '{several} as words, please.',
      'How do I write {n} in letters? {why}',
      '{why} Spell out the number {n}.',
      'My cheque is for {n} euros. Write that in words, for {person}.',
      'Read {several} aloud for me, in words.',
      'Write the number {n} in words.',
    ],
  ),
  rewritten(
    'words-to-number',
    NUMBERS_IN_WORDS,
    (spelled, index) => `In digits, ${spelled} is ${index + 2}.`,
    (spelled, index) => [`In digits, ${spelled} is ${index + 2}.`, `One writes ${index + 2} for ${spelled}.`],
    [
      'Write {several} in digits.',
      '{several}: as figures, please.',
      '{person} says {n} on the phone. Note it in digits.',
      '{why} Which number is {n}?',
      'I need digits for {several}.',
      'Turn {several} into figures.',
      'Write {n} in digits.',
    ],
  ),
  defineFamily({
    name: 'fahrenheit',
    phrasings: [
      'How hot is {celsius} Celsius in Fahrenheit? {why}',
      '{why} What is {celsius} degrees Celsius in Fahrenheit?',
      'It is {celsius} degrees Celsius in {city}. How much is that in Fahrenheit?',
      '{person} bakes at {celsius} Celsius. Fahrenheit?',
      '{person} has an American oven. What is {celsius} Celsius there?',
      '{celsius} Celsius in {city} today: Fahrenheit?',
      'Convert {celsius} degrees Celsius to Fahrenheit.',
    ],
    slots: { celsius: integer(5, 200, 5), why, person, city },
    answer: ({ celsius }) => `That is ${(Number(celsius) * 9) / 5 + 32} degrees Fahrenheit.`,
    told: ({ celsius }) => [
      `At ${celsius} degrees Celsius it is ${(Number(celsius) * 9) / 5 + 32} degrees Fahrenheit.`,
    ],
  }),
  defineFamily({
    name: 'exchange-rate',
    phrasings: [
      'If 1 {unit} is {rate} {to}, how many {to} are {amount} {from}?',
      'One {unit} buys {rate} {to}. What do I get for {amount} {from}?',
      'I change {amount} {from} at {rate} {to} per {unit}. How much is it?',
    ],
    given: {
      phrasings: [
        'How many {to} do I get for {amount} {from}?',
        'Turn {amount} {from} into {to}.',
        '{person} has {amount} {from}. What is that in {to}?',
      ],
      input: '1 {unit} = {rate} {to}',
    },
    slots: {
      person,
      from: oneOf(['dollars', 'euros', 'francs', 'pounds']),
      unit: made('[a-z]+', (_, { from = '' }) => from.slice(0, -1)),
      to: oneOf(['crowns', 'dinars', 'pesos', 'rupees', 'yen', 'lira']),
      rate: integer(2, 12),
      amount: integer(2, 30),
    },
    answer: ({ from, unit, to, rate, amount }) =>
      from === `${unit}s` ? `${amount} ${from} are ${Number(amount) * Number(rate)} ${to}.` : null,
    told: ({ unit, to, rate }, answer) => [`At ${rate} ${to} for one ${unit}, ${answer}`],
  }),
  defineFamily({
    name: 'clock-time',
    phrasings: [
      'What is {hour}:{minute} with am or pm? {why}',
      'My train to {city} leaves at {hour}:{minute}. Is that am or pm, and when?',
      'The {event} starts at {hour}:{minute}. Say it in the twelve-hour way.',
      'Write {hour}:{minute} for {person}, who only knows am and pm.',
      '{why} How do I read {hour}:{minute} on a twelve-hour clock?',
      'Convert {hour}:{minute} from 24-hour time. {why}',
    ],
    slots: {
      hour: integer(13, 23),
      minute: oneOf(['05', '10', '15', '25', '30', '40', '45', '50']),
      why,
      city,
      event,
      person,
    },
    answer: ({ hour, minute }) => `It is ${Number(hour) - 12}:${minute} pm.`,
    told: ({ hour, minute }) => [`The time ${hour}:${minute} is ${Number(hour) - 12}:${minute} pm.`],
  }),
  defineFamily({
    name: 'hours-and-minutes',
    phrasings: [
      'How long is {minutes} minutes in hours? {why}',
      'The film takes {minutes} minutes. {person} wants it in hours and minutes.',
      'My flight to {city} takes {minutes} minutes. How many hours is that?',
      '{why} Write {minutes} minutes as hours and minutes.',
      'The {event} takes {minutes} minutes. In hours?',
      '{person} slept {minutes} minutes. Say it in hours and minutes.',
      'How many hours and minutes are {minutes} minutes?',
    ],
    slots: { minutes: integer(65, 290, 5), why, person, city, event },
    answer: ({ minutes }) => `It is ${Math.floor(Number(minutes) / 60)} h ${Number(minutes) % 60} min.`,
    told: ({ minutes }) => [
      `${minutes} minutes are ${Math.floor(Number(minutes) / 60)} hours and ${Number(minutes) % 60} minutes.`,
    ],
  }),
];

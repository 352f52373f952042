import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, made, oneOf } from '../tasks/slots.ts';
import { pairs } from '../vocabulary/lists.ts';

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

/** One way of writing a quantity turned into another. */
export const conversion: readonly TaskFamily[] = [
  defineFamily({
    name: 'convert-units',
    weight: 1.5,
    phrasings: [
      'Convert {amount} {unit} to {small} for {who}.',
      'How many {small} are {amount} {unit}, {who} asks in {city}?',
      '{who} measured {amount} {unit} for the {event}. Give it in {small}.',
      'Express {amount} {unit} in {small} in the report on {topic}.',
      'The {group} needs {amount} {unit} as {small}. Work it out.',
      'At {setting} one counts in {small}. What are {amount} {unit} there?',
    ],
    slots: {
      unit: oneOf(UNITS.keys()),
      small: made('[a-z]+', (_, { unit = '' }) => UNITS.get(unit)?.split(' ')[1] ?? ''),
      amount: integer(2, 15),
    },
    answer: ({ unit, small, amount }) => {
      const [factor, name] = UNITS.get(unit)?.split(' ') ?? [];
      return name === small ? `${amount} ${unit} are ${Number(amount) * Number(factor)} ${small}.` : null;
    },
  }),
  defineFamily({
    name: 'to-roman',
    phrasings: [
      'Write the number {n} in Roman numerals for {who}.',
      'How did the Romans write {n}? {who} in {city} carves it in stone.',
      'Convert {n} to a Roman numeral for the {event} of the {group}.',
      '{who} numbers chapter {n} on {topic} in the Roman way. Give it.',
      'The clock at {setting} shows {n}. Write this with Roman letters.',
      'Which Roman numeral stands for {n} on the {group} flag?',
    ],
    slots: { n: integer(2, 99) },
    answer: ({ n }) => `In Roman numerals it is ${roman(Number(n))}.`,
  }),
  defineFamily({
    name: 'from-roman',
    phrasings: [
      'What number is {numeral} on the gate that {who} saw in {city}?',
      'Convert the Roman numeral {numeral} to digits for the {group}.',
      '{who} reads chapter {numeral} about {topic}. Which number is that?',
      'Translate {numeral} into an ordinary number for the {event} of {who}.',
      'Decode the numeral {numeral} above the door of {setting}.',
      'Tell the {group} which number the Romans meant by {numeral}.',
    ],
    slots: { numeral: oneOf(ROMANS) },
    answer: ({ numeral }) => `${numeral} is the number ${ROMANS.indexOf(numeral) + 2} in digits.`,
  }),
  defineFamily({
    name: 'number-to-words',
    phrasings: [
      'Write {n} in words on the cheque of {who} for the {event}.',
      'Spell out the number {n} in the letter about {topic}.',
      'How is {n} written in letters, {who} from {city} asks?',
      '{who} may not use digits at {setting}. Write {n} as a word.',
      'Put the figure {n} into words for the {group} minutes.',
      'Express {n} in words, as {who} would read it aloud in {city}.',
    ],
    slots: { n: integer(2, 99) },
    answer: ({ n }) => `In words it is ${inWords(Number(n))}.`,
  }),
  defineFamily({
    name: 'words-to-number',
    phrasings: [
      'Write {spelled} in digits for the table of {who} on {topic}.',
      'Which number is {spelled}? {who} types it in {city}.',
      'Convert {spelled} to figures for the {event} score of the {group}.',
      '{who} dictates {spelled} to {setting}. Note it in digits.',
      'Turn the word {spelled} into a number in the {group} accounts.',
      'Give {spelled} as digits, the way {who} enters it on {day} in {city}.',
    ],
    slots: { spelled: oneOf(NUMBERS_IN_WORDS) },
    answer: ({ spelled }) => `In digits it is ${NUMBERS_IN_WORDS.indexOf(spelled) + 2} exactly.`,
  }),
  defineFamily({
    name: 'fahrenheit',
    phrasings: [
      'Convert {celsius} degrees Celsius to Fahrenheit for {who} in {city}.',
      'It is {celsius} degrees Celsius at the {event}. What does {who} read in Fahrenheit?',
      '{who} sets an oven at {setting} to {celsius} degrees Celsius. Give the Fahrenheit value.',
      'How hot is {celsius} Celsius in Fahrenheit, the {group} wonders?',
      'Express the {day} temperature of {celsius} Celsius in {city} in Fahrenheit.',
      'Give the Fahrenheit figure for {celsius} Celsius in the text on {topic} by {who}.',
    ],
    slots: { celsius: integer(5, 200, 5) },
    answer: ({ celsius }) => `That is ${(Number(celsius) * 9) / 5 + 32} degrees Fahrenheit.`,
  }),
  defineFamily({
    name: 'exchange-rate',
    phrasings: [
      '{who} changes {amount} {from} in {city}. How many {to} is that?',
      'Use the rate to turn {amount} {from} into {to} for the {group}.',
      'What will {who} get in {to} for {amount} {from} before the {event}?',
      'Calculate {amount} {from} in {to} at the rate of {setting}.',
      'The {group} pays {amount} {from} for {topic}. Give the sum in {to}.',
      'Convert the {amount} {from} that {who} saved into {to}.',
    ],
    input: '1 {unit} = {rate} {to}',
    slots: {
      from: oneOf(['dollars', 'euros', 'francs', 'pounds']),
      unit: made('[a-z]+', (_, { from = '' }) => from.slice(0, -1)),
      to: oneOf(['crowns', 'dinars', 'pesos', 'rupees', 'yen', 'lira']),
      rate: integer(2, 12),
      amount: integer(2, 30),
    },
    answer: ({ from, unit, to, rate, amount }) =>
      from === `${unit}s` ? `${amount} ${from} are ${Number(amount) * Number(rate)} ${to}.` : null,
  }),
  defineFamily({
    name: 'clock-time',
    phrasings: [
      'Write {hour}:{minute} with am or pm for {who} in {city}.',
      'The train to {city} leaves at {hour}:{minute}. Give {who} the time on a twelve-hour clock.',
      'Convert {hour}:{minute} from 24-hour time for the {event} of the {group}.',
      '{who} opens {setting} at {hour}:{minute}. State it with am or pm.',
      'How does {who} say {hour}:{minute} in the twelve-hour system on {day}?',
      'Change the {group} meeting time {hour}:{minute} to the twelve-hour form.',
    ],
    slots: { hour: integer(13, 23), minute: oneOf(['05', '10', '15', '25', '30', '40', '45', '50']) },
    answer: ({ hour, minute }) => `It is ${Number(hour) - 12}:${minute} pm.`,
  }),
  defineFamily({
    name: 'hours-and-minutes',
    phrasings: [
      'How long are {minutes} minutes in hours and minutes, {who} asks?',
      '{who} travels {minutes} minutes to {city}. Write it in hours and minutes.',
      'Convert the {minutes} minutes of the {event} to hours and minutes.',
      'The {group} talked about {topic} for {minutes} minutes. Express that with hours.',
      'Break {minutes} minutes at {setting} into hours and minutes.',
      'State the duration of {minutes} minutes as hours plus minutes for {who}.',
    ],
    slots: { minutes: integer(65, 290, 5) },
    answer: ({ minutes }) => `It is ${Math.floor(Number(minutes) / 60)} h ${Number(minutes) % 60} min.`,
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { text, why } from '../tasks/request-slots.ts';
import { integer, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { EVENTS, MONTHS, WEEKDAYS } from '../vocabulary/topics.ts';

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const weekday = oneOf(WEEKDAYS);
const month = oneOf(MONTHS);
const months = namesOf(MONTHS, 3, 3);
const event = oneOf(EVENTS);
const person = oneOf(GIVEN_NAMES);
const dayAfter = (weekday: string, n: number) => WEEKDAYS[(WEEKDAYS.indexOf(weekday) + n) % 7];
const monthAfter = (month: string) => MONTHS[(MONTHS.indexOf(month) + 1) % 12];
const daysIn = (month: string) => DAYS_IN_MONTH[MONTHS.indexOf(month)];
const each = (months: string, sentence: (month: string) => string) =>
  splitNames(months).map(sentence).join(' ');

/** Days, months and years. */
export const dates: readonly TaskFamily[] = [
  defineFamily({
    name: 'days-later',
    phrasings: [
      'Today is {weekday}. Which day is it in {n} days? {why}',
      '{person} leaves on {weekday} and is away for {n} days. When is the return?',
      'The {event} is {n} days after {weekday}. Which day?',
      '{why} What day comes {n} days after {weekday}?',
      'A parcel for {person} takes {n} days from {weekday}. When is it there?',
      'It is {weekday}. The {event} starts in {n} days. Which day is that?',
      'Which day is {n} days after {weekday}?',
    ],
    slots: { weekday, n: integer(2, 6), why, person, event },
    answer: ({ weekday, n }) => `It is ${dayAfter(weekday, Number(n))}.`,
    told: ({ weekday, n }) => [`From ${weekday} it is ${n} days to ${dayAfter(weekday, Number(n))}.`],
  }),
  defineFamily({
    name: 'day-before',
    phrasings: [
      'What day is before {weekday}? {why}',
      '{why} If today is {weekday}, what was yesterday?',
      'The {event} is on {weekday} and we rehearse the day before. When?',
      '{person} arrives one day ahead of {weekday}. Which day?',
      'The {event}: {weekday}. Rehearsal a day before. When?',
      '{person} packs for the {event} the day before {weekday}. When?',
      'Which day comes before {weekday}?',
      'If today is {weekday}, what day was yesterday?',
    ],
    slots: { weekday, why, person, event },
    answer: ({ weekday }) => `It is ${dayAfter(weekday, 6)}.`,
    told: ({ weekday }) => [
      `The day before ${weekday} is ${dayAfter(weekday, 6)}.`,
      `After ${dayAfter(weekday, 6)} comes ${weekday}.`,
    ],
  }),
  defineFamily({
    name: 'month-number',
    phrasings: [
      'Which month number is {month}? {why}',
      '{why} What number does {month} have?',
      'Write {months} as numbers.',
      '{months}: which months of the year are these, by number?',
      'The {event} is in {month}. Which number do I enter?',
      'Convert {months} to month numbers.',
      'Which number is the month of {month}?',
    ],
    slots: { month, months, why, event },
    answer: ({ month, months }) =>
      each(month || months, (month) => `${month} is month number ${MONTHS.indexOf(month) + 1}.`),
    told: ({ month }) => [`${month} is month number ${MONTHS.indexOf(month) + 1} of the year.`],
  }),
  defineFamily({
    name: 'month-after',
    phrasings: [
      'Which month is after {month}? {why}',
      '{why} What comes after {month}?',
      'The {event} moves from {month} to the next month. When is it?',
      '{person} has paid the rent for {month}. Which month is next?',
      'What months follow {months}?',
      '{person} reads until the end of {month}. Which month begins then?',
      'Which month comes after {month}?',
      'What is the next month after {month}?',
    ],
    slots: { month, months, why, event, person },
    answer: ({ month, months }) =>
      each(month || months, (month) => `The month after ${month} is ${monthAfter(month)}.`),
    told: ({ month }) => [
      `${monthAfter(month)} comes after ${month}.`,
      `When ${month} ends, ${monthAfter(month)} begins.`,
    ],
  }),
  defineFamily({
    name: 'days-in-month',
    phrasings: [
      'How many days does {month} have? {why}',
      '{why} Is {month} long or short, in days?',
      'How long are {months}, in days?',
      'Days in {months}, please.',
      '{person} rents a room for all of {month}. How many days is that?',
      'The {event} takes place each day of {month}. How many days?',
      'How many days are in {month}?',
      'Number of days in {month}?',
    ],
    slots: {
      month: oneOf(MONTHS.filter((month) => month !== 'February')),
      months: namesOf(
        MONTHS.filter((month) => month !== 'February'),
        3,
        3,
      ),
      why,
      person,
      event,
    },
    answer: ({ month, months }) =>
      each(month || months, (month) => `There are ${daysIn(month)} days in ${month}.`),
    told: ({ month }) => [
      `${month} has ${daysIn(month)} days.`,
      `There are ${daysIn(month)} days in ${month}.`,
    ],
  }),
  defineFamily({
    name: 'age-in-year',
    phrasings: [
      '{person} was born in {born}. How old in {later}?',
      'Age of {person}, born {born}, in {later}?',
      'Born in {born}, {person} moved house in {later}. At what age?',
      '{person} lived from {born} to {later}. How long?',
      '{person}, born {born}: how old in {later}?',
      '{person}, born {born}, retired in {later}. How old was that?',
    ],
    slots: { person, born: integer(1940, 1990), later: integer(1995, 2019) },
    answer: ({ person, born, later }) => `${person} was ${Number(later) - Number(born)} years old.`,
    told: ({ person, born, later }) => [
      `Born in ${born}, ${person} was ${Number(later) - Number(born)} years old in ${later}.`,
    ],
  }),
  defineFamily({
    name: 'iso-date',
    phrasings: [
      'Write {n} {month} {year} as YYYY-MM-DD.',
      '{n} {month} {year} in ISO form, please.',
      'How is {n} {month} {year} written as year-month-day?',
    ],
    given: {
      phrasings: [
        'Write the date in {text} as YYYY-MM-DD.',
        'ISO form of the date in {text}?',
        'Year-month-day for {text}, please.',
      ],
      input: '{n} {month} {year}',
    },
    slots: { text, n: integer(1, 28), month, year: integer(1950, 2029) },
    answer: ({ n, month, year }) =>
      `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${n.padStart(2, '0')}`,
    told: ({ n, month, year }, answer) => [`The date ${n} ${month} ${year} is ${answer} in digits.`],
  }),
  defineFamily({
    name: 'leap-year',
    phrasings: [
      'Was {year} a leap year? {why}',
      '{why} Does {year} have a 29 February?',
      '{person} turns ten in {year}. Is that a leap year?',
      'The {event} of {year}: does that year have 366 days?',
      'Leap year or not: {year}? {why}',
      'Is there a 29 February in {year}? {person} plans the {event}.',
      'Is {year} a leap year?',
    ],
    slots: { year: integer(1901, 2099), why, person, event },
    answer: ({ year }) =>
      Number(year) % 4 === 0 ? `Yes, ${year} is a leap year.` : `No, ${year} is no leap year.`,
    told: ({ year }) =>
      Number(year) % 4 === 0
        ? [`The year ${year} is a leap year and has 366 days.`]
        : [`The year ${year} is no leap year and has 365 days.`],
  }),
];

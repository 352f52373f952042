import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, oneOf } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { MONTHS, WEEKDAYS } from '../vocabulary/topics.ts';

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days, months and years. */
export const dates: readonly TaskFamily[] = [
  defineFamily({
    name: 'days-later',
    phrasings: [
      'Today is {weekday} in {city}. Which day is it {n} days later for {who}?',
      '{who} leaves on {weekday} and comes back after {n} days. Name the day of return.',
      'The {event} is {n} days after {weekday}. On which day does the {group} meet?',
      'Count {n} days on from {weekday} for {who} at {setting}.',
      'If the {group} starts on {weekday}, what day comes {n} days after that?',
      'A parcel to {city} takes {n} days from {weekday}. When does {who} get it?',
    ],
    slots: { weekday: oneOf(WEEKDAYS), n: integer(2, 6) },
    answer: ({ weekday, n }) => `It is ${WEEKDAYS[(WEEKDAYS.indexOf(weekday) + Number(n)) % 7]}.`,
  }),
  defineFamily({
    name: 'day-before',
    phrasings: [
      'Which day comes before {weekday}, when {who} travels to {city}?',
      'The {event} is on {weekday}; the {group} rehearses the day before. When is that?',
      'Name the day just before {weekday} for {who} at {setting}.',
      '{who} packs one day ahead of {weekday}. Which day is it in {city}?',
      'If it is {weekday} now, what was yesterday for the {group}?',
      'Tell {who} the weekday that goes before {weekday} in the plan on {topic}.',
    ],
    slots: { weekday: oneOf(WEEKDAYS) },
    answer: ({ weekday }) => `It is ${WEEKDAYS[(WEEKDAYS.indexOf(weekday) + 6) % 7]}.`,
  }),
  defineFamily({
    name: 'month-number',
    phrasings: [
      'Which number has the month of {month} in the calendar of {who}?',
      'Write {month} as a number for the form of {setting}.',
      '{who} enters the {event} in {month}. Give the number of the month.',
      'Convert {month} to its number for the {group} in {city}.',
      'The {group} sorts papers on {topic} by month. What number is {month}?',
      'State the position of {month} in the year for {who} in {city}.',
    ],
    slots: { month: oneOf(MONTHS) },
    answer: ({ month }) => `${month} is month number ${MONTHS.indexOf(month) + 1} of the year.`,
  }),
  defineFamily({
    name: 'month-after',
    phrasings: [
      'Which month follows {month}, when {who} visits {city}?',
      'The {event} moves one month on from {month}. When does the {group} hold it?',
      'Name the month after {month} for {who} at {setting}.',
      'Rent for {month} is paid. For which month does {who} in {city} pay next?',
      'Tell the {group} what comes after {month} in the plan on {topic}.',
      '{who} reads about {topic} until the end of {month}. Which month begins then?',
    ],
    slots: { month: oneOf(MONTHS) },
    answer: ({ month }) => `The month after ${month} is ${MONTHS[(MONTHS.indexOf(month) + 1) % 12]}.`,
  }),
  defineFamily({
    name: 'days-in-month',
    phrasings: [
      'How many days has {month}, asks {who} in {city}?',
      'Give the number of days of {month} for the calendar of {setting}.',
      '{who} rents a room for the whole of {month}. How many days is that?',
      'State how long {month} is, in days, in a common year for the {group}.',
      'The {event} lasts all {month} in {city}. Count its days.',
      'Find how many days {who} works on {topic} if it is every day of {month}.',
    ],
    slots: { month: oneOf(MONTHS.filter((month) => month !== 'February')) },
    answer: ({ month }) => `There are ${DAYS_IN_MONTH[MONTHS.indexOf(month)]} days in ${month}.`,
  }),
  defineFamily({
    name: 'age-in-year',
    phrasings: [
      '{person} was born in {born}. How old did {person} become in {later} in {city}?',
      'Calculate the age of {person}, born {born}, at the {event} of {later}.',
      'What birthday did {person} of the {group} have in {later}, being born in {born}?',
      'Born in {born}, {person} joined {setting} in {later}. At what age?',
      'How many years lie between {born} and {later} in the life of {person} from {city}?',
      'Work out for {who} how old {person}, born in {born}, was in {later}.',
    ],
    slots: { person: oneOf(GIVEN_NAMES), born: integer(1940, 1990), later: integer(1995, 2019) },
    answer: ({ person, born, later }) => `${person} was ${Number(later) - Number(born)} years old.`,
  }),
  defineFamily({
    name: 'iso-date',
    phrasings: [
      'Write the date of the {event} by {who} as year-month-day.',
      'Convert this date from the {group} letter to the ISO form.',
      '{who} in {city} names papers on {topic} by date. Give this one in digits.',
      'Format the day on which {setting} opened as YYYY-MM-DD.',
      'Put the date that {who} wrote about {topic} into the international form.',
      'The {group} table needs dates as YYYY-MM-DD. Rewrite the one by {who}.',
    ],
    input: '{n} {month} {year}',
    slots: { n: integer(1, 28), month: oneOf(MONTHS), year: integer(1950, 2029) },
    answer: ({ n, month, year }) =>
      `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${n.padStart(2, '0')}`,
  }),
  defineFamily({
    name: 'leap-year',
    phrasings: [
      'Is {year} a leap year, {who} from {city} asks?',
      'Check whether {year} has a 29 February for the {group}.',
      '{who} plans the {event} of {year}. Does that year have 366 days?',
      'Decide if {year} is a leap year in the text on {topic} by {who}.',
      'How many days had {year} at {setting}? Say if it was a leap year.',
      'Determine for {who} and the {group} if {year} counts as a leap year.',
    ],
    slots: { year: integer(1901, 2099) },
    answer: ({ year }) =>
      Number(year) % 4 === 0
        ? `Yes, ${year} is a leap year with 366 days.`
        : `No, ${year} is no leap year and has 365 days.`,
  }),
];

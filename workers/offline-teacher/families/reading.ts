import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { message, text, why } from '../tasks/request-slots.ts';
import { integer, made, oneOf, withArticle } from '../tasks/slots.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { words } from '../vocabulary/lists.ts';
import { GIVEN_NAMES, OCCUPATIONS, SURNAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { COUNTABLES, NOUNS } from '../vocabulary/things.ts';
import { EVENTS, MONTHS, TOPICS, WEEKDAYS } from '../vocabulary/topics.ts';

const person = oneOf(GIVEN_NAMES);
const friend = oneOf(GIVEN_NAMES, ['person']);
const town = oneOf(CITIES);
const trade = withArticle(OCCUPATIONS);
const year = integer(1950, 2019);
const event = oneOf(EVENTS);
const topic = oneOf(TOPICS);
const date = oneOf(WEEKDAYS);
const life = [
  '{person} was born in {town} in {year} and works as {trade}.',
  'In {year} {person} moved to {town} and became {trade}.',
];
const gift = '{person} gave {friend} {adjective} {things} in {town}.';
const giftSlots = {
  text,
  event,
  person,
  friend,
  adjective: oneOf(ADJECTIVES),
  things: oneOf(COUNTABLES),
  town,
};

/** Questions whose answer stands in the given text. */
export const reading: readonly TaskFamily[] = [
  defineFamily({
    name: 'which-town',
    given: {
      phrasings: [
        'Which town does {text} name?',
        'Where was {person}, according to {text}?',
        'Find the place in {text}.',
        'In which city does {text} play?',
        'What town is {person} from? See {text}.',
        'Extract the city from {text}.',
      ],
      input: life,
    },
    slots: { text, person, town, year, trade },
    answer: ({ town }) => `The town is ${town}.`,
    told: ({ person, town, year }) => [`${person} lived in the town of ${town} in ${year}.`],
  }),
  defineFamily({
    name: 'which-year',
    given: {
      phrasings: [
        'What year is it in {text}?',
        'When did it happen, according to {text}?',
        'Find the year in {text}.',
        'Extract the date of {text}.',
        'Which year does {text} give for {person}?',
        'In {text}, when does {person} appear?',
      ],
      input: life,
    },
    slots: { text, person, town, year, trade },
    answer: ({ year }) => `It happened in ${year}.`,
    told: ({ person, town, year }) => [`In ${year}, ${person} came to ${town}. It happened in ${year}.`],
  }),
  defineFamily({
    name: 'which-trade',
    given: {
      phrasings: [
        'What is the job of {person} in {text}?',
        'What does {person} do for a living? See {text}.',
        'Read {text} and name the profession.',
        'How does {person} earn money? It stands in {text}.',
        'Extract the occupation from {text}.',
        'Is {person} a baker, a nurse or what? Look at {text}.',
      ],
      input: life,
    },
    slots: { text, person, town, year, trade },
    answer: ({ trade }) => `The job is that of ${trade}.`,
    told: ({ person, town, trade }) => [
      `${person} is ${trade} in ${town}.`,
      `${person} from ${town} works as ${trade}.`,
    ],
  }),
  defineFamily({
    name: 'who-did-it',
    given: {
      phrasings: [
        'Who gave something away in {text}?',
        'Who is the giver in {text}?',
        'Name the person who gave: {text}',
        'Whose present is it in {text}?',
        'In {text}, who was generous to {friend}?',
        'From whom did {friend} get it, by {text}?',
      ],
      input: gift,
    },
    slots: giftSlots,
    answer: ({ person, things }) => `${person} gave the ${things}.`,
    told: ({ person, friend, things }, answer) => [`${friend} got ${things} from ${person}. ${answer}`],
  }),
  defineFamily({
    name: 'what-was-given',
    given: {
      phrasings: [
        'What was given in {text}?',
        'What did {friend} get, according to {text}?',
        'Which present is in {text}?',
        'Name the gift from {text}.',
        'What does {person} hand over in {text}?',
        'Find the things that {text} is about.',
      ],
      input: gift,
    },
    slots: giftSlots,
    answer: ({ adjective, things }) => `They were ${adjective} ${things}.`,
    told: ({ person, friend, adjective, things, town }) => [
      `In ${town}, ${person} gave ${friend} ${adjective} ${things}.`,
    ],
  }),
  defineFamily({
    name: 'price-in-list',
    weight: 1.5,
    phrasings: [
      'The {a} is {x} euros and the {b} is {y} euros. What does the {a} cost?',
      'If the {b} is {y} euros and the {a} {x}, how much is the {a}?',
    ],
    given: {
      phrasings: [
        'What does the {a} cost at the {event}?',
        'Price of the {a}? {why}',
        '{why} How much is the {a}?',
        'I want the {a} and not the {b}. What is the price?',
        '{person} wants the {a} for the {event}. How much?',
      ],
      input: ['{a}: {x} euros, {b}: {y} euros', '{b}: {y} euros, {a}: {x} euros'],
    },
    slots: {
      a: oneOf(NOUNS),
      b: oneOf(NOUNS, ['a']),
      x: integer(2, 60),
      y: integer(2, 60),
      event,
      person,
      why,
    },
    answer: ({ a, x }) => `The ${a} costs ${x} euros.`,
    told: ({ a, b, x, y }, answer) => [
      answer,
      `In the price list stand the ${a} for ${x} euros and the ${b} for ${y} euros.`,
    ],
  }),
  defineFamily({
    name: 'timetable',
    phrasings: [
      '{person} comes on {date} and {friend} on {otherDate}. When does {person} come?',
      'When is it the turn of {person}? {friend} has {otherDate}, {person} has {date}.',
    ],
    given: {
      phrasings: [
        'When does {person} help at the {event}?',
        'On which day is {person} there, not {friend}?',
        'Which day has {person} in the rota of the {event}?',
        'I have to meet {person}. Which day, after {friend} or before?',
      ],
      input: ['{person}: {date}; {friend}: {otherDate}', '{friend}: {otherDate}; {person}: {date}'],
    },
    slots: { person, friend, event, date, otherDate: oneOf(WEEKDAYS, ['date']) },
    answer: ({ person, date }) => `${person} comes on ${date}.`,
    told: ({ friend, otherDate }, answer) => [answer, `The plan says that ${friend} comes on ${otherDate}.`],
  }),
  defineFamily({
    name: 'first-sentence-summary',
    given: {
      phrasings: [
        'Summarize {text} by its first sentence.',
        'Shorten {text} to one sentence, the first.',
        'Only the opening sentence of {text}, please.',
        'What is {text} about? One sentence.',
        'Give me the gist of {text}.',
        'Boil {text} down to a sentence.',
      ],
      input: '{person} opened {workshop} in {town}. It sells {things}. Visitors come every {date}.',
    },
    slots: {
      text,
      person,
      workshop: withArticle(words('bakery bookshop cafe gallery garage museum school shop studio theatre')),
      town,
      things: oneOf(COUNTABLES),
      date,
    },
    answer: ({ person, workshop, town }) => `${person} opened ${workshop} in ${town}.`,
    told: ({ things, date }, answer) => [`${answer} It sells ${things}. Visitors come every ${date}.`],
  }),
  defineFamily({
    name: 'extract-email',
    given: {
      phrasings: [
        'Find the e-mail address in {mail}.',
        'Which mail address is in {mail}?',
        'Extract the e-mail from {mail}.',
        'Where do I write to about {topic}? Only the address.',
        'Give me just the mail address for {topic}.',
        'Copy the address out of {mail}.',
      ],
      input: [
        'For {topic}, write to {address} by {date}.',
        'For {topic}, {person} can be reached at {address}.',
      ],
    },
    slots: {
      mail: message,
      topic,
      person,
      date,
      address: made('[a-z]+@[a-z]+\\.(?:org|com|net)', (random) =>
        `${random.pick(GIVEN_NAMES)}@${random.pick(NOUNS)}.${random.pick(['org', 'com', 'net'])}`.toLowerCase(),
      ),
    },
    answer: ({ address }) => address,
    told: ({ topic, address }) => [`Those who write about ${topic} use the address ${address}.`],
  }),
  defineFamily({
    name: 'extract-phone',
    given: {
      phrasings: [
        'Find the phone number in {mail}.',
        'What number do I ring, by {mail}?',
        'Extract the telephone number from {mail}.',
        'I want to call {person}. Only the number from {mail}, please.',
        'Return the digits to dial in {mail}.',
        'Copy the number out of {mail}.',
      ],
      input: ['Call {person} at {phone} before {date}.', 'New number of {person}: {phone}.'],
    },
    slots: {
      mail: message,
      person,
      date,
      phone: made('555-\\d{4}', (random) => `555-${random.integer(1000, 9999)}`),
    },
    answer: ({ phone }) => phone,
    told: ({ person, phone }) => [`The telephone number of ${person} is ${phone}.`],
  }),
  defineFamily({
    name: 'extract-names',
    given: {
      phrasings: [
        'Who is named in {text}?',
        'List the people in {text}.',
        'Extract both names from {text}.',
        'Which persons does {text} mention?',
        'Pick the first names out of {text}.',
        'Whom do I meet in {text}? Just the names.',
      ],
      input: '{person} met {friend} in {town} to buy {things}.',
    },
    slots: { text, person, friend, town, things: oneOf(COUNTABLES) },
    answer: ({ person, friend }) => `${person}, ${friend}`,
    told: ({ person, friend, town, things }) => [
      `${person} met ${friend} in ${town}. ${person} and ${friend} bought ${things}.`,
    ],
  }),
  defineFamily({
    name: 'extract-month',
    given: {
      phrasings: [
        'Which month is in {mail}?',
        'Find the month in {mail}.',
        'In what month is it, by {mail}?',
        'I keep a calendar. What month does {mail} say?',
        'Name the month that {mail} mentions.',
        'Is it spring or autumn in {mail}? Give the month.',
      ],
      input: ['{family} opens in {month} with {things}.', 'The {family} sale is on {n} {month} in {town}.'],
    },
    slots: {
      mail: message,
      family: oneOf(SURNAMES),
      month: oneOf(MONTHS),
      things: oneOf(COUNTABLES),
      n: integer(1, 28),
      town,
    },
    answer: ({ month }) => `The month is ${month}.`,
    told: ({ family, n, month, town }) => [
      `The ${family} sale in ${town} was on ${n} ${month}, so the month was ${month}.`,
    ],
  }),
];

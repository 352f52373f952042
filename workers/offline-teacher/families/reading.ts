import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, made, oneOf, withArticle } from '../tasks/slots.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { words } from '../vocabulary/lists.ts';
import { GIVEN_NAMES, OCCUPATIONS, SURNAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { COUNTABLES, NOUNS } from '../vocabulary/things.ts';
import { MONTHS, WEEKDAYS } from '../vocabulary/topics.ts';

const person = oneOf(GIVEN_NAMES);
const friend = oneOf(GIVEN_NAMES, ['person']);
const town = oneOf(CITIES);
const trade = withArticle(OCCUPATIONS);
const year = integer(1950, 2019);
const life = [
  '{person} was born in {town} in {year} and works as {trade}.',
  'In {year} {person} moved to {town} and became {trade}.',
];

/** Questions whose answer stands in the given text. */
export const reading: readonly TaskFamily[] = [
  defineFamily({
    name: 'which-town',
    weight: 1.5,
    phrasings: [
      'Which town does the text on {person} name, the {group} asks?',
      'Read the note of {who} about {person} and say where it happened.',
      'Find the place in the lines on {person} for the {event}.',
      'Where does the story of {person} take place? {who} at {setting} asks.',
      'Extract the city from what {who} wrote of {person}.',
      'Answer from the text for the {group}: to which town does {person} belong?',
    ],
    input: life,
    slots: { person, town, year, trade },
    answer: ({ town }) => `The town is ${town}.`,
  }),
  defineFamily({
    name: 'which-year',
    weight: 1.5,
    phrasings: [
      'Which year does the text on {person} give, the {group} asks?',
      'Find the date in the lines of {who} about {person}.',
      'When did it happen? Read what {who} knows of {person}.',
      'Extract the year from the life of {person} for the {event}.',
      'Tell {who} at {setting} the year named in the note on {person}.',
      'Answer from the text for the {group}: what is the year in the story of {person}?',
    ],
    input: life,
    slots: { person, town, year, trade },
    answer: ({ year }) => `It happened in ${year}.`,
  }),
  defineFamily({
    name: 'which-trade',
    weight: 1.5,
    phrasings: [
      'What is the profession of {person} in the text for the {group}?',
      'Read what {who} wrote about {person} and name the job.',
      'What does {person} do for a living? The {event} guests wonder.',
      'Extract the occupation of {person} from the note of {who}.',
      'Tell the {group} how {person} earns money, by the text.',
      'According to the lines kept at {setting}, what work does {person} do?',
    ],
    input: life,
    slots: { person, town, year, trade },
    answer: ({ person, trade }) => `${person} is ${trade}.`,
  }),
  defineFamily({
    name: 'who-did-it',
    phrasings: [
      'Who gave something away, by the report of {who} from {city}?',
      'Read the {group} text and name the person who gave.',
      '{who} asks from whom the present at the {event} came.',
      'Identify the giver in the lines that {setting} sent.',
      'Answer {who} from the text on {topic}: who was generous?',
      'Find in the {topic} note of the {group} the one who handed something over.',
    ],
    input: '{person} gave {friend} {adjective} {things} in {town}.',
    slots: { person, friend, adjective: oneOf(ADJECTIVES), things: oneOf(COUNTABLES), town },
    answer: ({ person, things }) => `${person} gave the ${things}.`,
  }),
  defineFamily({
    name: 'what-was-given',
    phrasings: [
      'What did the present at the {event} consist of, {who} asks?',
      'Read the {group} note and say what was given.',
      'Name the gift in the report of {who} from {city}.',
      'Identify what changed hands in the story from {setting}.',
      'Answer from the text of {who} about {topic}: which things were given?',
      'Find for the {group} what {who} saw being handed over.',
    ],
    input: '{person} gave {friend} {adjective} {things} in {town}.',
    slots: { person, friend, adjective: oneOf(ADJECTIVES), things: oneOf(COUNTABLES), town },
    answer: ({ adjective, things }) => `They were ${adjective} ${things}.`,
  }),
  defineFamily({
    name: 'price-in-list',
    weight: 1.5,
    phrasings: [
      'What does the {a} cost in the price list of {setting}?',
      'Look up the price of the {a} for {who} from {city}.',
      '{who} wants to buy the {a} for the {event}. How much is it?',
      'Find the cost of the {a} in the {group} table.',
      'How many euros must {who} pay for the {a} at {setting}?',
      'Read off the list on {topic} what the {group} pays for the {a}.',
    ],
    input: ['{a}: {x} euros, {b}: {y} euros', '{b}: {y} euros, {a}: {x} euros'],
    slots: { a: oneOf(NOUNS), b: oneOf(NOUNS, ['a']), x: integer(2, 60), y: integer(2, 60) },
    answer: ({ a, x }) => `The ${a} costs ${x} euros.`,
  }),
  defineFamily({
    name: 'timetable',
    phrasings: [
      'On which day does {person} come, by the plan of the {group}?',
      'Check the rota of {setting}: when is the turn of {person}?',
      '{who} must meet {person} in {city}. Find the day in the plan.',
      'When does {person} help with the {event}? Read the list for {who}.',
      'Tell the {group} the day on which {person} speaks about {topic}.',
      'Look {person} up in the duty roster of {who} and give the day.',
    ],
    input: ['{person}: {date}; {friend}: {otherDate}', '{friend}: {otherDate}; {person}: {date}'],
    slots: { person, friend, date: oneOf(WEEKDAYS), otherDate: oneOf(WEEKDAYS, ['date']) },
    answer: ({ person, date }) => `${person} comes on ${date}.`,
  }),
  defineFamily({
    name: 'first-sentence-summary',
    phrasings: [
      'Summarize the text on {topic} by keeping its first sentence.',
      'Give {who} only the opening sentence of the {group} report.',
      'Shorten what {who} wrote in {city} to its first sentence.',
      'The {event} leaflet of {who} needs a summary: take the first sentence.',
      'Reduce the note from {setting} to the sentence that begins it.',
      'Condense for the {group} the lines of {who}: the first sentence will do.',
    ],
    input: '{person} opened {workshop} in {town}. It sells {things}. Visitors come every {date}.',
    slots: {
      person,
      workshop: withArticle(words('bakery bookshop cafe gallery garage museum school shop studio theatre')),
      town,
      things: oneOf(COUNTABLES),
      date: oneOf(WEEKDAYS),
    },
    answer: ({ person, workshop, town }) => `${person} opened ${workshop} in ${town}.`,
  }),
  defineFamily({
    name: 'extract-email',
    weight: 1.5,
    phrasings: [
      'Extract the e-mail address from the note of {who} on {topic}.',
      'Which address should the {group} write to, by the text?',
      '{who} in {city} looks for the mail contact. Copy it from the text.',
      'Find the e-mail address in the {event} invitation from {who}.',
      'Give only the mail address that {setting} uses.',
      'Read the {topic} message of the {group} and return the address in it.',
    ],
    input: ['For {topic}, write to {address} by {date}.', '{person} can be reached at {address}.'],
    slots: {
      person,
      date: oneOf(WEEKDAYS),
      address: made('[a-z]+@[a-z]+\\.(?:org|com|net)', (random) =>
        `${random.pick(GIVEN_NAMES)}@${random.pick(NOUNS)}.${random.pick(['org', 'com', 'net'])}`.toLowerCase(),
      ),
    },
    answer: ({ address }) => address,
  }),
  defineFamily({
    name: 'extract-phone',
    phrasings: [
      'Extract the telephone number from the note of {who} about {topic}.',
      'Which number should the {group} in {city} ring?',
      '{who} wants to call {setting}. Copy the number.',
      'Find the phone number in the {event} message of {who}.',
      'Return only the digits that {who} has to dial for the {group}.',
      'Read the card from {setting} and give the number on it.',
    ],
    input: ['Call {person} at {phone} before {date}.', 'New number of {person}: {phone}.'],
    slots: {
      person,
      date: oneOf(WEEKDAYS),
      phone: made('555-\\d{4}', (random) => `555-${random.integer(1000, 9999)}`),
    },
    answer: ({ phone }) => phone,
  }),
  defineFamily({
    name: 'extract-names',
    phrasings: [
      'List the people who are named in the text of {who} on {topic}.',
      'Extract both names from the {group} report.',
      'Who took part, by the {event} note from {city}? Give the names.',
      'Find all persons in what {setting} wrote to {who}.',
      'Name the people in the lines about {topic} by {who}.',
      'Pick the first names out of the {group} message to {who}.',
    ],
    input: '{person} met {friend} in {town} to buy {things}.',
    slots: { person, friend, town, things: oneOf(COUNTABLES) },
    answer: ({ person, friend }) => `${person}, ${friend}`,
  }),
  defineFamily({
    name: 'extract-month',
    phrasings: [
      'Extract the month from the {topic} announcement by {who}.',
      'In which month is it, by the {group} letter?',
      '{who} in {city} writes a calendar. Find the month in the text.',
      'Tell {who} which month the notice from {setting} mentions.',
      'Identify the month in the {event} message of the {group}.',
      'Read the note of {who} on {topic} and name the month.',
    ],
    input: ['{family} opens in {month} with {things}.', 'The {family} sale is on {n} {month} in {town}.'],
    slots: {
      family: oneOf(SURNAMES),
      month: oneOf(MONTHS),
      things: oneOf(COUNTABLES),
      n: integer(1, 28),
      town,
    },
    answer: ({ month }) => `The month is ${month}.`,
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { record, things, why } from '../tasks/request-slots.ts';
import { articleOf, integer, joinNames, listOf, made, oneOf } from '../tasks/slots.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { GIVEN_NAMES, OCCUPATIONS, SURNAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { COUNTABLES, NOUNS } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);
const family = oneOf(SURNAMES);
const age = integer(18, 89);
const town = oneOf(CITIES);
const adjective = oneOf(ADJECTIVES);
const noun = oneOf(NOUNS);

/** Data and names brought into a given form: JSON, CSV, tags, queries, identifiers. */
export const formatting: readonly TaskFamily[] = [
  defineFamily({
    name: 'to-json',
    phrasings: [
      'Write as JSON: {person} is {age} years old and lives in {town}.',
      'JSON for name {person}, age {age}, city {town}, please.',
      'Make a JSON object: name {person}, age {age}, city {town}',
    ],
    given: {
      phrasings: [
        'Convert {row} to JSON with name, age and city.',
        'JSON object for {row}, please.',
        'Give {row} as JSON.',
      ],
      input: '{person} is {age} years old and lives in {town}.',
    },
    slots: { row: record, person, age, town },
    answer: ({ person, age, town }) => JSON.stringify({ name: person, age: Number(age), city: town }),
    told: ({ person, age, town }, answer) => [
      `${person} is ${age} years old and lives in ${town}. As JSON that is ${answer}.`,
    ],
  }),
  defineFamily({
    name: 'to-csv',
    phrasings: [
      'Write as CSV: {person}, who is {age}, comes from {town}.',
      'CSV line for name {person}, age {age}, city {town}?',
      'Put commas between and no blanks: {person} {age} {town}',
    ],
    given: {
      phrasings: [
        'Convert {row} to CSV: name, age, city.',
        'CSV row for {row}, please.',
        'Give {row} as comma-separated values.',
      ],
      input: '{person}, who is {age}, comes from {town}.',
    },
    slots: { row: record, person, age, town },
    answer: ({ person, age, town }) => `${person},${age},${town}`,
    told: ({ person, age, town }, answer) => [
      `${person}, who is ${age}, comes from ${town}. As a line of CSV that is ${answer}.`,
    ],
  }),
  defineFamily({
    name: 'family-name-first',
    phrasings: [
      'Write {person} {family} with the family name first.',
      '{person} {family}, last name first, please.',
      'How does {person} {family} stand in the phone book?',
      'Phone book order: {person} {family}',
      'Last name first: {person} {family}',
      'Turn around the name {person} {family}.',
      'Put {person} {family} into an index. {why}',
      'Index entry for {person} {family}?',
    ],
    slots: { person, family, why },
    answer: ({ person, family }) => `${family}, ${person}`,
    told: ({ person, family }, answer) => [`In the phone book, ${person} ${family} stands as ${answer}.`],
  }),
  defineFamily({
    name: 'initials',
    phrasings: [
      'What are the initials of {person} {family}?',
      'Initials of {person} {family}, please.',
      '{person} {family} signs with two letters. Which?',
      'Shorten {person} {family} to initials.',
      'I engrave a ring for {person} {family}. Which initials?',
      '{why} What initials does {person} {family} have?',
    ],
    slots: { person, family, why },
    answer: ({ person, family }) => `${person.charAt(0)}.${family.charAt(0)}.`,
    told: ({ person, family }, answer) => [`${person} ${family} has the initials ${answer}`],
  }),
  defineFamily({
    name: 'snake-case',
    phrasings: [
      'Write "{adjective} {noun}" in snake case.',
      'Snake case for "{adjective} {noun}"?',
      'Join "{adjective} {noun}" with an underscore.',
      'I need a variable name for "{adjective} {noun}", in snake case.',
      'Column "{adjective} {noun}" in snake case?',
      'What is "{adjective} {noun}" in snake case? {why}',
    ],
    slots: { adjective, noun, why },
    answer: ({ adjective, noun }) => `${adjective}_${noun}`,
    told: ({ adjective, noun }, answer) => [`In snake case, ${adjective} ${noun} is ${answer}.`],
  }),
  defineFamily({
    name: 'camel-case',
    phrasings: [
      'Write "{adjective} {noun}" in camel case.',
      'Camel case for "{adjective} {noun}"?',
      'Make one camel case word of "{adjective} {noun}".',
      'Name a function for the "{adjective} {noun}" in camel case.',
      'Function "{adjective} {noun}", camel case, please.',
      'What is "{adjective} {noun}" in camel case? {why}',
    ],
    slots: { adjective, noun, why },
    answer: ({ adjective, noun }) => `${adjective}${noun.charAt(0).toUpperCase()}${noun.slice(1)}`,
    told: ({ adjective, noun }, answer) => [`In camel case, ${adjective} ${noun} is ${answer}.`],
  }),
  defineFamily({
    name: 'html-list',
    phrasings: [
      'Write {list} as an HTML list.',
      'HTML for a list of {list}?',
      'Put {list} into li tags within ul.',
    ],
    given: {
      phrasings: [
        'Make an HTML list of {things}.',
        'Mark up {things} with ul and li.',
        'I build a page. Code {things} as HTML.',
      ],
      input: '{list}',
    },
    slots: { things, list: listOf(NOUNS, 2, 3) },
    answer: ({ list }) =>
      `<ul>${list
        .split(', ')
        .map((item) => `<li>${item}</li>`)
        .join('')}</ul>`,
    told: ({ list }, answer) => [`A list of ${joinNames(list.split(', '))} is ${answer} in HTML.`],
  }),
  defineFamily({
    name: 'sql-query',
    phrasings: [
      'SQL query for all {things} from {town}?',
      'Write SQL that selects the {things} of {town}.',
      'SQL for {things} in {town}, please.',
      'Query: all {things}, city {town}',
      'Find {things} of {town} by SQL.',
      'Select the {things} in {town} with SQL.',
      'How do I query the table {things} for the city {town}?',
      'My database has {things}. Which query gives those in {town}?',
      '{why} Give me SQL for the {things} in {town}.',
    ],
    slots: { things: oneOf(COUNTABLES), town, why },
    answer: ({ things, town }) => `SELECT * FROM ${things} WHERE city = '${town}';`,
    told: ({ things, town }, answer) => [`The query that finds the ${things} of ${town} is ${answer}`],
  }),
  defineFamily({
    name: 'assign-variable',
    phrasings: [
      'Set {noun} to {n} in Python.',
      'In Python, give {noun} the value {n}.',
      'Python: {noun} should be {n}',
      'Python variable {noun}, value {n}?',
      'How do I store {n} under the name {noun} in Python?',
      '{why} Which Python line makes {noun} equal to {n}?',
      'Assign {n} to the variable {noun}.',
    ],
    slots: { noun, n: integer(2, 999), why },
    answer: ({ noun, n }) => `${noun} = ${n}`,
    told: ({ noun, n }, answer) => [`The line ${answer} gives the variable ${noun} the value ${n}.`],
  }),
  defineFamily({
    name: 'evaluate-condition',
    phrasings: [
      'Is {a} > {b} true or false?',
      'Evaluate the condition {a} > {b}.',
      'True or false: {a} > {b}',
      'My code tests {a} > {b}. What is the result?',
      'What is the value of {a} > {b} in Python?',
      '{why} Does {a} > {b} hold?',
    ],
    slots: { a: integer(10, 99), b: integer(10, 99), why },
    answer: ({ a, b }) =>
      Number(a) > Number(b) ? `True, ${a} is greater than ${b}.` : `False, ${a} is not greater than ${b}.`,
    told: ({ a, b }) => [
      Number(a) > Number(b) ? `${a} is greater than ${b}.` : `${a} is not greater than ${b}.`,
    ],
  }),
  defineFamily({
    name: 'address-label',
    phrasings: [
      'Write as an address label: {person} {family}, {n} {street} Street, {town}',
      'Put on three lines: {person} {family}, {n} {street} Street, {town}',
    ],
    given: {
      phrasings: [
        'Make a label of the address in {row}.',
        'Three lines for the address in {row}, please.',
        'Format {row} as an address.',
        'Break {row} into lines for an envelope.',
      ],
      input: '{person} {family}, {n} {street} Street, {town}',
    },
    slots: {
      row: record,
      person,
      family,
      n: integer(1, 99),
      street: made('[A-Z][a-z]+', (random) =>
        random.pick(['Mill', 'High', 'Station', 'Church', 'Garden', 'King', 'Lake']),
      ),
      town,
    },
    answer: ({ person, family, n, street, town }) => `${person} ${family}\n${n} ${street} Street\n${town}`,
    told: ({ person, family, n, street, town }, answer) => [
      `${person} ${family} lives at ${n} ${street} Street in ${town}.`,
      `On the envelope stands:\n${answer}`,
    ],
  }),
  defineFamily({
    name: 'job-title-sentence',
    phrasings: [
      'Make a sentence of this: name {person} {family}, job {trade}, city {town}',
      'Introduce {person} {family}, {trade}, from {town} in one sentence.',
    ],
    given: {
      phrasings: [
        'Make a sentence of {row}.',
        'Say {row} in plain English.',
        'Write a one-line biography from {row}.',
        'Describe the person in {row}.',
      ],
      input: 'name: {person} {family}; job: {trade}; city: {town}',
    },
    slots: { row: record, person, family, trade: oneOf(OCCUPATIONS), town },
    answer: ({ person, family, trade, town }) =>
      `${person} ${family} works as ${articleOf(trade)} ${trade} in ${town}.`,
    told: (_, answer) => [answer],
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, listOf, made, oneOf } from '../tasks/slots.ts';
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
      'Write what {who} collected on {topic} as a JSON object.',
      'Convert the {group} record to JSON; the keys are name, age and city.',
      'Give the person in the note from {setting} as JSON.',
      'For a web page on {topic}, {who} needs this sentence as a JSON object.',
      'Turn the {event} entry by {who} into JSON with the keys name, age, city.',
      'Extract name, age and city for the {group} and print them in JSON.',
    ],
    input: '{person} is {age} years old and lives in {town}.',
    slots: { person, age, town },
    answer: ({ person, age, town }) => JSON.stringify({ name: person, age: Number(age), city: town }),
  }),
  defineFamily({
    name: 'to-csv',
    phrasings: [
      'Write the sentence of {who} as one line of CSV: name, age, city.',
      'Convert the {group} note to comma-separated values in the order given.',
      'Make a CSV row of what {setting} knows about the person.',
      '{who} fills a table on {topic}. Give the CSV line for this text.',
      'Format the {event} guest of {who} as name,age,city.',
      'Reduce the lines of the {group} to values with commas between, no blanks.',
    ],
    input: '{person}, who is {age}, comes from {town}.',
    slots: { person, age, town },
    answer: ({ person, age, town }) => `${person},${age},${town}`,
  }),
  defineFamily({
    name: 'family-name-first',
    phrasings: [
      'Write the {topic} author in the note of {who} with the family name first.',
      'Sort the card for the {group}: last name, comma, first name.',
      '{who} makes an index on {topic}. Turn the name around.',
      'Format the guest of the {event} in {city} as family name, given name.',
      'Put the person known to {setting} into phone book order for the {event}.',
      'Reverse first and last name, with a comma, for the {group} list by {who}.',
    ],
    input: '{person} {family}',
    slots: { person, family },
    answer: ({ person, family }) => `${family}, ${person}`,
  }),
  defineFamily({
    name: 'initials',
    phrasings: [
      'Give the initials of {person} {family} for the badge of the {group}.',
      'How does {person} {family} sign with two letters in {city}?',
      'Shorten the name {person} {family} to its initials at the {event}.',
      '{who} engraves a ring for {person} {family}. Which initials?',
      'Write {person} {family} as initials with full stops in the {topic} index.',
      'What are the initials of {person} {family}, who works at {setting}?',
    ],
    slots: { person, family },
    answer: ({ person, family }) => `${person.charAt(0)}.${family.charAt(0)}.`,
  }),
  defineFamily({
    name: 'snake-case',
    phrasings: [
      'Suggest a variable name in snake case for "{adjective} {noun}" in the code of {who}.',
      'Write "{adjective} {noun} count" in snake case for the {group}.',
      '{who} programs a page on {topic}. Name the column for "{adjective} {noun}" with underscores.',
      'Join the words "{adjective} {noun}" with underscores for {who} in {city}.',
      'How would {setting} call the field "{adjective} {noun}" in snake case?',
      'Turn "{adjective} {noun}" into an identifier with an underscore for the {event} site.',
    ],
    slots: { adjective, noun },
    answer: ({ adjective, noun }) => `${adjective}_${noun}`,
  }),
  defineFamily({
    name: 'camel-case',
    phrasings: [
      'Write "{adjective} {noun}" in camel case for the script of {who}.',
      'Name a function for the "{adjective} {noun}" of {setting} in camel case.',
      '{who} from {city} uses camel case. Convert "{adjective} {noun}".',
      'Turn "{adjective} {noun}" into a camel case name for the {group} app.',
      'Which camel case identifier fits "{adjective} {noun}" on the {topic} page?',
      'Merge "{adjective} {noun}" into one camel case word for the {event} code.',
    ],
    slots: { adjective, noun },
    answer: ({ adjective, noun }) => `${adjective}${noun.charAt(0).toUpperCase()}${noun.slice(1)}`,
  }),
  defineFamily({
    name: 'html-list',
    phrasings: [
      'Write the words of {who} on {topic} as an HTML list.',
      'Convert the {group} items to li tags within ul.',
      'Code the {topic} stock of {setting} as an unordered HTML list.',
      '{who} builds a page for the {event}. Mark up these words as a list.',
      'Give the HTML for a bulleted list of what {who} saw in {city}.',
      'Format for the web: the {group} list on {topic} with ul and li.',
    ],
    input: '{list}',
    slots: { list: listOf(NOUNS, 2, 3) },
    answer: ({ list }) =>
      `<ul>${list
        .split(', ')
        .map((item) => `<li>${item}</li>`)
        .join('')}</ul>`,
  }),
  defineFamily({
    name: 'sql-query',
    phrasings: [
      'Write an SQL query for {who} that selects all {things} from {town}.',
      'How does {who} query the table {things} for the city {town}?',
      'Generate SQL that lists the {things} stored in {town} for the {group}.',
      'The {group} keeps a table of {things}. Select those whose city is {town}.',
      'Give the SELECT statement with which {who} at {setting} finds {things} in {town}.',
      'Create a database query on {things} in {town} for the {event} team of {who}.',
    ],
    slots: { things: oneOf(COUNTABLES), town },
    answer: ({ things, town }) => `SELECT * FROM ${things} WHERE city = '${town}';`,
  }),
  defineFamily({
    name: 'assign-variable',
    phrasings: [
      'Write a line of Python that sets {noun} to {n} for {who}.',
      'In Python, how does {who} give the variable {noun} the value {n}?',
      'Create a Python variable {noun} with {n} in it for the {group} script.',
      '{who} counts {topic} in Python. Assign {n} to {noun}.',
      'Store the number {n} under the name {noun} in the Python code of {setting}.',
      'Show the {group} in {city} the Python statement that makes {noun} equal to {n}.',
    ],
    slots: { noun, n: integer(2, 999) },
    answer: ({ noun, n }) => `${noun} = ${n}`,
  }),
  defineFamily({
    name: 'evaluate-condition',
    weight: 1.5,
    phrasings: [
      'Evaluate the condition {a} > {b} in the program of {who}.',
      'Does {a} > {b} hold in the code that {setting} runs?',
      '{who} tests {a} > {b} for the {group}. Is the result true or false?',
      'What value has the expression {a} > {b} in the script on {topic}?',
      'Say true or false: {a} > {b}, as {who} typed it in {city}.',
      'Compute the boolean {a} > {b} for the {event} software of {who}.',
    ],
    slots: { a: integer(10, 99), b: integer(10, 99) },
    answer: ({ a, b }) =>
      Number(a) > Number(b) ? `True, ${a} is greater than ${b}.` : `False, ${a} is not greater than ${b}.`,
  }),
  defineFamily({
    name: 'address-label',
    phrasings: [
      'Format the address of the {event} guest of {who} as three lines.',
      'Make an envelope label from the {group} data.',
      'Write the contact of {setting} as a label: name, street, city.',
      '{who} sends letters about {topic}. Put this address on three lines.',
      'Break the address in the note of {who} into lines for the {group}.',
      'Prepare the three-line parcel label that {who} from the {group} needs.',
    ],
    input: '{person} {family}, {n} {street} Street, {town}',
    slots: {
      person,
      family,
      n: integer(1, 99),
      street: made('[A-Z][a-z]+', (random) =>
        random.pick(['Mill', 'High', 'Station', 'Church', 'Garden', 'King', 'Lake']),
      ),
      town,
    },
    answer: ({ person, family, n, street, town }) => `${person} ${family}\n${n} ${street} Street\n${town}`,
  }),
  defineFamily({
    name: 'job-title-sentence',
    phrasings: [
      'Write a sentence from the record that {who} keeps for the {group}.',
      'Turn the {event} table row by {who} into a sentence.',
      'Describe the person in the data of {setting} in one sentence.',
      'Generate a short biography from the fields on the {topic} page of {who}.',
      'Express the key and value list of the {group} in plain English.',
      'Compose one line about the colleague of {who} from these facts.',
    ],
    input: 'name: {person} {family}; job: {trade}; city: {town}',
    slots: { person, family, trade: oneOf(OCCUPATIONS), town },
    answer: ({ person, family, trade, town }) =>
      `${person} ${family} works as ${/^[aeiou]/.test(trade) ? 'an' : 'a'} ${trade} in ${town}.`,
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { message, opinion, text, why } from '../tasks/request-slots.ts';
import { articleOf, made, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import { ADJECTIVES, ADVERBS, PAST_TENSE } from '../vocabulary/language.ts';
import { phrases, words } from '../vocabulary/lists.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { KIND_OF, KINDS, NOUNS } from '../vocabulary/things.ts';

const GOOD = words(
  'brilliant charming delightful excellent fantastic friendly great helpful lovely perfect superb wonderful',
);
const BAD = words(
  'awful boring broken cold dirty disappointing dreadful horrible overpriced rude terrible useless',
);
const SUBJECTS = words(
  'food service room staff tour meal view breakfast concert guide show play shop seat bed',
);
const PRIZES = phrases(
  'a free cruise, a gold watch, a new car, a million dollars, a holiday, a cash prize, a lottery win',
);
const PLAIN_NOTES = phrases(`
  the meeting starts at nine, your parcel has arrived, dinner is at eight, the lift is being repaired,
  I will be late, your book is due on Friday, the keys are on the table, the invoice is attached,
  the bus was cancelled
`);

const DEPARTMENTS: Readonly<Record<string, readonly string[]>> = {
  billing: phrases(
    'I was charged twice, my invoice is wrong, my refund has not come, the price is not what I agreed to',
  ),
  delivery: phrases(
    'my parcel is late, the box never arrived, the driver left it outside, it was sent to the wrong house',
  ),
  repairs: phrases(
    'the handle broke off, it does not switch on, the screen is cracked, it makes a strange noise',
  ),
};
const COMPLAINTS = Object.values(DEPARTMENTS).flat();

const WORD_CLASSES: ReadonlyMap<string, string> = new Map([
  ...NOUNS.map((word) => [word, 'noun'] as const),
  ...[...PAST_TENSE.values()].map((word) => [word, 'verb'] as const),
  ...ADJECTIVES.map((word) => [word, 'adjective'] as const),
  ...ADVERBS.map((word) => [word, 'adverb'] as const),
]);

const person = oneOf(GIVEN_NAMES);

/** Sorting things and texts into classes. */
export const classification: readonly TaskFamily[] = [
  defineFamily({
    name: 'sentiment',
    isClassification: true,
    weight: 2.5,
    phrasings: [
      'Positive or negative: {review}',
      'Is "{review}" a positive or a negative comment?',
      '{review} Did they like it? {why}',
    ],
    given: {
      phrasings: [
        'Is {said} positive or negative?',
        'Positive or negative, what do you say to {said}?',
        'What is the sentiment of {said}?',
        'Classify {said} as positive or negative.',
        'Tell me if {said} is positive or negative. {why}',
      ],
      input: '{review}',
    },
    slots: {
      said: opinion,
      why,
      review: made('[A-Z][a-zA-Z ]+[.!]', (random) => {
        const [subject, opinion] = [random.pick(SUBJECTS), random.pick([...GOOD, ...BAD])];
        return random.pick([
          `The ${subject} was ${opinion}.`,
          `What ${articleOf(opinion)} ${opinion} ${subject}!`,
          `We found the ${subject} ${opinion}.`,
          `Never had such ${articleOf(opinion)} ${opinion} ${subject}.`,
        ]);
      }),
    },
    answer: ({ review }) => {
      const words = review.match(/[a-z]+/g) ?? [];
      if (words.some((word) => GOOD.includes(word))) return 'Positive';
      return words.some((word) => BAD.includes(word)) ? 'Negative' : null;
    },
    told: ({ review }, answer) => [
      `Somebody wrote about the trip: ${review} That is a ${answer.toLowerCase()} opinion.`,
    ],
  }),
  defineFamily({
    name: 'spam-or-not',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'Spam or not spam: Dear {person}, {note}.',
      'Is this spam? Hello {person}, {note}!',
      'I got "Dear {person}, {note}." Spam or not spam?',
    ],
    given: {
      phrasings: [
        'Is {mail} spam? {why}',
        'Spam or not spam: what is {mail}?',
        'Should {mail} go in the junk folder?',
        'Label {mail} as spam or not spam.',
      ],
      input: ['Dear {person}, {note}.', 'Hello {person}, {note}!'],
    },
    slots: {
      mail: message,
      why,
      person,
      note: oneOf([...PRIZES.map((prize) => `you have won ${prize}`), ...PLAIN_NOTES]),
    },
    answer: ({ note }) => (note.startsWith('you have won') ? 'Spam' : 'Not spam'),
    told: ({ person, note }) => [
      `${person} got a mail: ${note}. It was ${note.startsWith('you have won') ? 'spam' : 'no spam'}.`,
    ],
  }),
  defineFamily({
    name: 'word-class',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'What parts of speech are {words}?',
      'Which word classes: {words}',
      'Noun, verb, adjective or adverb: {words}',
      'Which word class is {word}? {why}',
      '{why} What part of speech is {word}?',
      'Is {word} a noun or a verb? {person} is not sure.',
      'Classify {words} as nouns, verbs, adjectives or adverbs.',
      'What part of speech is {word}?',
      'Is {word} a noun, verb, adjective or adverb?',
    ],
    slots: { word: oneOf(WORD_CLASSES.keys()), words: namesOf(WORD_CLASSES.keys(), 3, 3), why, person },
    answer: ({ word, words }) =>
      splitNames(word || words)
        .map((word) => `The word ${word} is ${withArticle(WORD_CLASSES.get(word))}.`)
        .join(' '),
    told: ({ word }, answer) => [
      answer,
      `In a grammar book, ${word} is listed as ${withArticle(WORD_CLASSES.get(word))}.`,
    ],
  }),
  defineFamily({
    name: 'kind-of-thing',
    isClassification: true,
    weight: 2,
    phrasings: [
      'What kinds of things are {things}?',
      'Animal, fruit, tool or what: {things}',
      'Group by kind: {things}',
      'What kind of thing is {article} {thing}? {why}',
      '{why} Which category does {article} {thing} belong to?',
      'Say what each is: {things}',
      'Categorise {things} for me.',
      'What kind of thing is {article} {thing}?',
      'Is {article} {thing} an animal, a fruit or a tool?',
    ],
    slots: {
      thing: oneOf(NOUNS),
      article: made('an?', (_, { thing = '' }) => articleOf(thing)),
      things: namesOf(NOUNS, 3, 3),
      why,
    },
    answer: ({ thing, things }) =>
      splitNames(thing || things)
        .map((thing) => `The ${thing} is ${withArticle(KIND_OF.get(thing))}.`)
        .join(' '),
    told: ({ thing }, answer) => [
      answer,
      `${capitalised(articleOf(thing))} ${thing} is a kind of ${KIND_OF.get(thing)}.`,
    ],
  }),
  defineFamily({
    name: 'odd-one-out',
    phrasings: [
      'Which does not belong: {list}',
      'Odd one out: {list}',
      'Three of {list} go together. Which does not?',
      'Find the odd one out of {list}.',
      '{list}: which is of another kind?',
      '{person} asks a riddle: {list}. Which one does not fit?',
    ],
    slots: {
      person,
      list: made('[a-z]+, [a-z]+, [a-z]+, [a-z]+', (random) => {
        const [kind = [], other = []] = random.sample(Object.values(KINDS), 2);
        return random.sample([...random.sample(kind, 3), random.pick(other)], 4).join(', ');
      }),
    },
    answer: ({ list }) => {
      const odd = oddOf(list.split(', '));
      return odd === undefined ? null : `The ${odd} does not belong.`;
    },
    told: ({ list }) => {
      const things = list.split(', ');
      const odd = oddOf(things);
      const others = things.filter((thing) => thing !== odd);
      return [`The ${odd} does not go with the ${others.join(', the ')}.`];
    },
  }),
  defineFamily({
    name: 'sentence-type',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'Statement, question or command: "{sentence}"',
      'What type of sentence is "{sentence}"?',
      'Is "{sentence}" a statement, a question or a command?',
    ],
    given: {
      phrasings: [
        'Is {text} a statement, a question or a command?',
        'What type of sentence is {text}?',
        'Classify {text}: statement, question or command. {why}',
      ],
      input: '{sentence}',
    },
    slots: {
      text,
      why,
      sentence: made('[A-Z][a-zA-Z ]+[.?!]', (random) => {
        const [person, noun] = [random.pick(GIVEN_NAMES), random.pick(NOUNS)];
        const [base, past] = random.pick([...PAST_TENSE]);
        return random.pick([
          `${person} ${past} the ${noun}.`,
          `Did ${person} ${base} the ${noun}?`,
          `Please ${base} the ${noun}!`,
        ]);
      }),
    },
    answer: ({ sentence }) => {
      const type = SENTENCE_TYPES[sentence.slice(-1)];
      return type === undefined ? null : `It is a ${type}.`;
    },
    told: () => ['A statement ends with a full stop, a command with an exclamation mark.'],
  }),
  defineFamily({
    name: 'department',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'Billing, delivery or repairs? I bought {thing} and {complaint}.',
      'Who handles this, billing, delivery or repairs: {complaint}',
      'Send to billing, delivery or repairs: I bought {thing} and {complaint}.',
    ],
    given: {
      phrasings: [
        'Is {mail} for billing, delivery or repairs?',
        'Billing, delivery or repairs: who gets {mail}?',
        'Route {mail} to billing, delivery or repairs. {why}',
      ],
      input: ['Hello, {complaint}.', 'I bought {thing} and {complaint}.'],
    },
    slots: {
      mail: message,
      why,
      complaint: oneOf(COMPLAINTS),
      thing: oneOf(NOUNS.map((noun) => `${articleOf(noun)} ${noun}`)),
    },
    answer: ({ complaint }) => {
      const department = departmentOf(complaint);
      return department === undefined ? null : `This goes to ${department}.`;
    },
    told: ({ complaint }) => [
      `A customer wrote: ${complaint}. The letter went to ${departmentOf(complaint)}.`,
    ],
  }),
];

const SENTENCE_TYPES: Readonly<Record<string, string>> = {
  '.': 'statement',
  '?': 'question',
  '!': 'command',
};

function withArticle(noun = ''): string {
  return `${articleOf(noun)} ${noun}`;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function oddOf(things: readonly string[]): string | undefined {
  return things.find(
    (thing) =>
      KIND_OF.has(thing) &&
      things.every((other) => other === thing || KIND_OF.get(other) !== KIND_OF.get(thing)),
  );
}

function departmentOf(complaint: string): string | undefined {
  return Object.entries(DEPARTMENTS).find(([, complaints]) => complaints.includes(complaint))?.[0];
}

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { articleOf, integer, made, oneOf } from '../tasks/slots.ts';
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

/** Sorting things and texts into classes. */
export const classification: readonly TaskFamily[] = [
  defineFamily({
    name: 'sentiment',
    isClassification: true,
    weight: 2.5,
    phrasings: [
      'Classify the review that {who} wrote of {setting} as positive or negative.',
      'Is the opinion of {who} on the {event} positive or negative?',
      'Decide whether the guest from {city} liked the talk on {topic}.',
      'Label the sentiment of this {group} comment about {topic}.',
      'Tell if {who} was content at {setting}: answer positive or negative.',
      'Judge the mood of what {who} posted about the {event} in {city}.',
    ],
    input: [
      'The {subject} was {opinion}.',
      'What {an} {opinion} {subject}!',
      'We found the {subject} {opinion} on {day}.',
    ],
    slots: {
      subject: oneOf(SUBJECTS),
      opinion: oneOf([...GOOD, ...BAD]),
      an: made('an?', (_, { opinion = '' }) => articleOf(opinion)),
    },
    answer: ({ opinion }) => (GOOD.includes(opinion) ? 'Positive' : 'Negative'),
  }),
  defineFamily({
    name: 'spam-or-not',
    isClassification: true,
    weight: 2,
    phrasings: [
      'Is the message that {who} received in {city} spam?',
      'Classify this mail to the {group} as spam or not spam.',
      '{who} at {setting} sorts the post. Label this message.',
      'Decide if the note about {topic} to {who} belongs in the junk folder.',
      'Detect whether the {event} mail of the {group} is spam.',
      'Should {who} trust this text on {day}? Answer spam or not spam.',
    ],
    input: ['Dear {person}, {note}.', 'Hello {person}, {note}!'],
    slots: {
      person: oneOf(GIVEN_NAMES),
      note: oneOf([...PRIZES.map((prize) => `you have won ${prize}`), ...PLAIN_NOTES]),
    },
    answer: ({ note }) => (note.startsWith('you have won') ? 'Spam' : 'Not spam'),
  }),
  defineFamily({
    name: 'word-class',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'What part of speech is {word} in the lesson of {who}?',
      'Classify {word} as a noun, verb, adjective or adverb for the {group}.',
      '{who} looks up {word} in {city}. Is it a noun, verb, adjective or adverb?',
      'Identify the word class of {word} in a text on {topic}.',
      'Name the grammatical category of {word} for the {event} quiz.',
      'Which kind of word is {word}, the {group} at {setting} asks?',
    ],
    slots: { word: oneOf(WORD_CLASSES.keys()) },
    answer: ({ word }) => {
      const wordClass = WORD_CLASSES.get(word);
      return wordClass === undefined ? null : `The word ${word} is ${articleOf(wordClass)} ${wordClass}.`;
    },
  }),
  defineFamily({
    name: 'kind-of-thing',
    isClassification: true,
    weight: 2,
    phrasings: [
      'What kind of thing is {thing}, {who} asks in {city}?',
      'Classify {thing} for {who} in {city} by its kind.',
      '{who} sorts {thing} into a group at {setting}. Which one?',
      'Into which category does {thing} fall in the {event} quiz of {who}?',
      'The {group} lists things. Say whether {thing} is an animal, a tool or what else.',
      'Categorise {thing} for the {topic} index of {who}.',
    ],
    slots: { thing: oneOf(NOUNS) },
    answer: ({ thing }) => {
      const kind = KIND_OF.get(thing);
      return kind === undefined ? null : `The ${thing} is ${articleOf(kind)} ${kind}.`;
    },
  }),
  defineFamily({
    name: 'odd-one-out',
    phrasings: [
      'Which of {list} does not belong, asks {who} in {city}?',
      'Find the odd one out among {list} for the {group}.',
      '{who} gives a riddle: {list}. Name the one of another kind.',
      'Three of {list} go together. Tell {who} which one does not.',
      'Spot the item that does not fit in {list} at the {event}.',
      'Remove the one that differs in kind from {list} on the {topic} page.',
    ],
    slots: {
      list: made('[a-z]+, [a-z]+, [a-z]+, [a-z]+', (random) => {
        const [kind = [], other = []] = random.sample(Object.values(KINDS), 2);
        return random.sample([...random.sample(kind, 3), random.pick(other)], 4).join(', ');
      }),
    },
    answer: ({ list }) => {
      const things = list.split(', ');
      const odd = things.find((thing) =>
        things.every((other) => other === thing || KIND_OF.get(other) !== KIND_OF.get(thing)),
      );
      return odd === undefined || !KIND_OF.has(odd) ? null : `The ${odd} does not belong.`;
    },
  }),
  defineFamily({
    name: 'sentence-type',
    isClassification: true,
    weight: 2,
    phrasings: [
      'Is the line from {who} a statement, a question or a command?',
      'Classify the sentence type in the {group} note on {topic}.',
      '{who} studies grammar in {city}. Label this sentence.',
      'Name the kind of sentence that hangs in {setting}.',
      'Decide if {who} states, asks or orders something at the {event}.',
      'Identify whether the {topic} line by {who} is a statement, question or command.',
    ],
    input: ['{sentence}'],
    slots: {
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
    answer: ({ sentence }) =>
      ({ '.': 'It is a statement.', '?': 'It is a question.', '!': 'It is a command.' })[
        sentence.slice(-1)
      ] ?? null,
  }),
  defineFamily({
    name: 'even-or-odd',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'Is {n} an even or an odd number, {who} in {city} asks?',
      'Determine whether {n} is even or odd for the {group}.',
      '{who} lives at number {n} in {city}. Is that even or odd?',
      'Classify the number {n} on the {event} ticket of {who} as odd or even.',
      'Can the {group} split {n} people in two equal teams at {setting}? Say even or odd.',
      'Tell {who} if {n} is even or odd in the puzzle on {topic}.',
    ],
    slots: { n: integer(11, 999) },
    answer: ({ n }) => `The number ${n} is ${Number(n) % 2 === 0 ? 'even' : 'odd'}.`,
  }),
  defineFamily({
    name: 'department',
    isClassification: true,
    weight: 1.5,
    phrasings: [
      'Which department should {who} send this complaint to: billing, delivery or repairs?',
      'Route the message from {city} about the {event} to billing, delivery or repairs.',
      'Sort the customer note at {setting} into billing, delivery or repairs.',
      'The {group} gets this letter. Decide between billing, delivery and repairs for {who}.',
      'Assign what {who} from {city} writes to billing, delivery or repairs.',
      'Label the {topic} complaint by {who} with billing, delivery or repairs.',
    ],
    input: ['Hello, {complaint}.', 'I bought {thing} and {complaint}.'],
    slots: { complaint: oneOf(COMPLAINTS), thing: oneOf(NOUNS.map((noun) => `${articleOf(noun)} ${noun}`)) },
    answer: ({ complaint }) => {
      const found = Object.entries(DEPARTMENTS).find(([, complaints]) => complaints.includes(complaint));
      return found ? `This goes to ${found[0]}.` : null;
    },
  }),
  defineFamily({
    name: 'compare-numbers',
    phrasings: [
      '{first} paid {a} euros and {second} paid {b} euros in {city}. Who paid more?',
      'Compare {first} with {a} points and {second} with {b} points at the {event}. Who leads?',
      'Who is older, {first} at {a} or {second} at {b}, in the {group}?',
      '{first} read {a} pages on {topic} and {second} read {b}. Name who read more.',
      'On {day} {first} ran {a} kilometres and {second} ran {b} in {city}. Who went farther?',
      'Between {first} with {a} votes and {second} with {b} votes, whom does the {group} elect?',
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
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { text, why } from '../tasks/request-slots.ts';
import { made, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import { ADJECTIVES, MISSPELLINGS, PAST_TENSE } from '../vocabulary/language.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { OBJECTS } from '../vocabulary/things.ts';

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const headline = made('[a-z]+ [a-z]+ [a-z]+ in [A-Z][A-Za-z ]+', (random) =>
  [random.pick(ADJECTIVES), random.pick(OBJECTS), random.pick(['found', 'lost', 'seen', 'sold', 'stolen'])]
    .concat('in', random.pick(CITIES))
    .join(' '),
);
const plainTowns = CITIES.filter((city) => !city.includes(' '));

/** Mistakes put right, letters made large or small. */
export const correction: readonly TaskFamily[] = [
  defineFamily({
    name: 'correct-spelling',
    weight: 2,
    phrasings: [
      'How do you spell {wrong} correctly? {why}',
      '{why} What is wrong with {wrong}?',
      'Correct the spelling of {words}.',
      'Fix these typing errors: {words}',
      'Is {wrong} right? {why}',
      'I wrote {words}. How should they be spelled?',
      'Spell-check {words}, please.',
      'Correct the spelling of {wrong}.',
      'How is {wrong} spelled rightly?',
    ],
    slots: { wrong: oneOf(MISSPELLINGS.keys()), words: namesOf(MISSPELLINGS.keys(), 3, 3), why },
    answer: ({ wrong, words }) =>
      splitNames(wrong || words)
        .map((wrong) => `The correct spelling is ${MISSPELLINGS.get(wrong)}.`)
        .join(' '),
    told: ({ wrong }) => [
      `One writes ${MISSPELLINGS.get(wrong)} and not ${wrong}.`,
      `The right spelling is ${MISSPELLINGS.get(wrong)}.`,
    ],
  }),
  defineFamily({
    name: 'to-upper-case',
    phrasings: [
      'Write in capital letters: {headline}',
      'Upper case, please: {headline}',
      'Make "{headline}" all capitals.',
    ],
    given: {
      phrasings: [
        'Put {text} into capital letters.',
        'Upper case for {text}.',
        'Capitals only for {text}, please.',
      ],
      input: '{headline}',
    },
    slots: { text, headline },
    answer: ({ headline }) => headline.toUpperCase(),
    told: ({ headline }, answer) => [`In capital letters, ${headline} is ${answer}.`],
  }),
  defineFamily({
    name: 'to-lower-case',
    phrasings: [
      'Write in small letters: {shout}',
      'Lower case, please: {shout}',
      'Take the capitals out of {shout}.',
    ],
    given: {
      phrasings: [
        'Put {text} into small letters.',
        'Lower case for {text}.',
        'No capitals in {text}, please.',
      ],
      input: '{shout}',
    },
    slots: {
      text,
      shout: made('[A-Z]+ [A-Z]+ FOR [A-Z]+', (random) =>
        `${random.pick(ADJECTIVES)} ${random.pick(OBJECTS)} for ${random.pick(['sale', 'rent', 'free'])}`.toUpperCase(),
      ),
    },
    answer: ({ shout }) => shout.toLowerCase(),
    told: ({ shout }, answer) => [`In small letters, ${shout} is ${answer}.`],
  }),
  defineFamily({
    name: 'to-title-case',
    phrasings: [
      'Put in title case: {title}',
      'Capitalise each word of "{title}".',
      'My book is called {title}. Give every word a capital.',
    ],
    given: {
      phrasings: [
        'Title case for {text}, please.',
        'Begin every word of {text} with a capital.',
        'Format {text} in title case.',
      ],
      input: '{title}',
    },
    slots: {
      text,
      title: made('the [a-z]+ [a-z]+ and the [a-z]+', (random) => {
        const [noun = '', other = ''] = random.sample(OBJECTS, 2);
        return `the ${random.pick(ADJECTIVES)} ${noun} and the ${other}`;
      }),
    },
    answer: ({ title }) => title.split(' ').map(capitalised).join(' '),
    told: ({ title }, answer) => [`The book about ${title} is called ${answer}.`],
  }),
  defineFamily({
    name: 'capitalise-names',
    phrasings: [
      'Put in the capitals: {small}',
      'Correct upper and lower case: {small}',
      'I typed without capitals: {small}',
    ],
    given: {
      phrasings: [
        'Put the missing capitals in {text}.',
        'Fix the capitalization of {text}.',
        'Names need capitals. Mend {text}.',
      ],
      input: '{small}',
    },
    slots: {
      text,
      small: made('[a-z]+ [a-z]+ the [a-z]+ in [a-z]+\\.', (random) =>
        [random.pick(GIVEN_NAMES), random.pick([...PAST_TENSE.values()]), 'the', random.pick(OBJECTS)]
          .concat('in', `${random.pick(plainTowns)}.`)
          .join(' ')
          .toLowerCase(),
      ),
    },
    answer: ({ small }) => {
      const words = small.split(' ');
      return words
        .map((word, at) => (at === 0 || at === words.length - 1 ? capitalised(word) : word))
        .join(' ');
    },
    told: (_, answer) => [answer],
  }),
  defineFamily({
    name: 'remove-repeated-word',
    phrasings: [
      'A word is there twice: {stutter}',
      'Delete the double word: {stutter}',
      'Correct this: {stutter}',
    ],
    given: {
      phrasings: [
        'Remove the repeated word from {text}.',
        'Something is twice in {text}. Correct it.',
        'Proofread {text} for a double word.',
      ],
      input: '{stutter}',
    },
    slots: {
      text,
      stutter: made('[A-Z][a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+\\.', (random) => {
        const words = [random.pick(GIVEN_NAMES), random.pick([...PAST_TENSE.values()]), 'the'];
        words.push(random.pick(ADJECTIVES), random.pick(OBJECTS));
        const at = random.integer(1, 3);
        words.splice(at, 0, words[at] ?? '');
        return `${words.join(' ')}.`;
      }),
    },
    answer: ({ stutter }) => {
      const mended = stutter.replace(/\b(\w+) \1\b/, '$1');
      return mended === stutter ? null : mended;
    },
    told: (_, answer) => [answer],
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { made, oneOf } from '../tasks/slots.ts';
import { ADJECTIVES, MISSPELLINGS, PAST_TENSE } from '../vocabulary/language.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { NOUNS } from '../vocabulary/things.ts';

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const headline = made('[a-z]+ [a-z]+ [a-z]+ in [A-Z][A-Za-z ]+', (random) =>
  [random.pick(ADJECTIVES), random.pick(NOUNS), random.pick(['found', 'lost', 'seen', 'sold', 'stolen'])]
    .concat('in', random.pick(CITIES))
    .join(' '),
);
const plainTowns = CITIES.filter((city) => !city.includes(' '));

/** Mistakes put right, letters made large or small. */
export const correction: readonly TaskFamily[] = [
  defineFamily({
    name: 'correct-spelling',
    weight: 1.5,
    phrasings: [
      'Correct the spelling of the word {wrong} in the letter of {who}.',
      '{who} wrote {wrong} in a text about {topic}. How is it spelled rightly?',
      'Find the right spelling of {wrong} for the {group}.',
      'Is {wrong} spelled correctly? Tell {who} in {city} the proper form.',
      'Fix the typing error {wrong} in the {event} leaflet by {who}.',
      'Proofread for {setting}: what should {wrong} be?',
    ],
    slots: { wrong: oneOf(MISSPELLINGS.keys()) },
    answer: ({ wrong }) => {
      const right = MISSPELLINGS.get(wrong);
      return right === undefined ? null : `The correct spelling is ${right}.`;
    },
  }),
  defineFamily({
    name: 'to-upper-case',
    phrasings: [
      'Write the headline by {who} in capital letters.',
      'Put the {group} notice into upper case.',
      '{who} wants the title of the {topic} page in capitals only.',
      'Change every letter of the sign at {setting} to a capital.',
      'Convert the {event} heading of {who} to upper case.',
      'Make the line that {who} sent from {city} all capitals.',
    ],
    input: '{headline}',
    slots: { headline },
    answer: ({ headline }) => headline.toUpperCase(),
  }),
  defineFamily({
    name: 'to-lower-case',
    phrasings: [
      'Write the shouted message of {who} in small letters.',
      'Put the {group} banner into lower case.',
      '{who} left the caps key on in the {topic} note. Use small letters.',
      'Change the sign at {setting} to small letters throughout.',
      'Convert what {who} typed for the {event} to lower case.',
      'Remove all capitals from the line that {who} sent from {city}.',
    ],
    input: '{shout}',
    slots: {
      shout: made('[A-Z ]+', (random) =>
        `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)} for ${random.pick(['sale', 'rent', 'free'])}`.toUpperCase(),
      ),
    },
    answer: ({ shout }) => shout.toLowerCase(),
  }),
  defineFamily({
    name: 'to-title-case',
    phrasings: [
      'Capitalise each word of the title that {who} chose for {topic}.',
      'Format the {group} heading with a capital at the start of every word.',
      '{who} submits a book title in {city}. Put it in title case.',
      'Give every word on the sign of {setting} a capital letter.',
      'Turn the {event} line by {who} into title case.',
      'Edit the chapter name of {who} on {topic} so that all its words begin with capitals.',
    ],
    input: 'the {adjective} {noun} and the {other}',
    slots: { adjective: oneOf(ADJECTIVES), noun: oneOf(NOUNS), other: oneOf(NOUNS, ['noun']) },
    answer: ({ adjective, noun, other }) =>
      `The ${capitalised(adjective)} ${capitalised(noun)} And The ${capitalised(other)}`,
  }),
  defineFamily({
    name: 'capitalise-names',
    phrasings: [
      'Put in the missing capitals in the sentence by {who}.',
      '{who} typed without capitals about {topic}. Correct the line.',
      'Names need capitals: mend the {group} note.',
      'Fix the capitalization of what {who} wrote for the {event}.',
      'Proofread the small-letter message from {setting}.',
      'Correct upper and lower case in the report of {who} to the {group}.',
    ],
    input: '{small}',
    slots: {
      small: made('[a-z]+ [a-z]+ the [a-z]+ in [a-z]+\\.', (random) =>
        [random.pick(GIVEN_NAMES), random.pick([...PAST_TENSE.values()]), 'the', random.pick(NOUNS)]
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
  }),
  defineFamily({
    name: 'remove-repeated-word',
    phrasings: [
      'A word is doubled in the sentence of {who}. Write it correctly.',
      'Remove the repetition from the {group} note on {topic}.',
      '{who} typed one word twice in the letter to {city}. Mend it.',
      'Delete the extra word in the line from {setting}.',
      'Proofread the {event} text by {who} for a repeated word.',
      'Clean the sentence of {who} about {topic}: no word twice in a row.',
    ],
    input: '{stutter}',
    slots: {
      stutter: made('[A-Za-z ]+\\.', (random) => {
        const words = [random.pick(GIVEN_NAMES), random.pick([...PAST_TENSE.values()]), 'the'];
        words.push(random.pick(ADJECTIVES), random.pick(NOUNS));
        const at = random.integer(1, 3);
        words.splice(at, 0, words[at] ?? '');
        return `${words.join(' ')}.`;
      }),
    },
    answer: ({ stutter }) => {
      const mended = stutter.replace(/\b(\w+) \1\b/, '$1');
      return mended === stutter ? null : mended;
    },
  }),
  defineFamily({
    name: 'word-order',
    phrasings: [
      'Bring the words of {who} into the right order to make a sentence.',
      'Unscramble the {group} sentence about {topic}.',
      '{who} cut up a line in {city}. Arrange the words to a sentence that begins with the name.',
      'Build a correct {topic} sentence from the words on the wall of {setting}.',
      'Rearrange the mixed words in the {event} game of {who}.',
      'Order the words that {who} took from a hat on {day} into a sentence.',
    ],
    input: 'the / {noun} / {past} / {adjective} / {person}',
    slots: {
      noun: oneOf(NOUNS),
      past: oneOf(PAST_TENSE.values()),
      adjective: oneOf(ADJECTIVES),
      person: oneOf(GIVEN_NAMES),
    },
    answer: ({ noun, past, adjective, person }) => `${person} ${past} the ${adjective} ${noun}.`,
  }),
];

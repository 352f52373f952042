import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { why } from '../tasks/request-slots.ts';
import { articleOf, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import {
  ANTONYMS,
  COMPARATIVES,
  CONTRACTIONS,
  PAST_TENSE,
  RHYMES,
  SYNONYMS,
} from '../vocabulary/language.ts';
import { CAPITALS, CONTINENTS } from '../vocabulary/places.ts';
import { IRREGULAR_PLURALS, PURPOSES } from '../vocabulary/things.ts';

/** What a table says of a word, as a sentence of the answer and as statements that mean the same. */
interface Lookup {
  name: string;
  table: ReadonlyMap<string, string>;
  sentence: (word: string, value: string) => string;
  told: (word: string, value: string) => readonly string[];
  /** they ask for one `{word}`, some with the reason `{why}`, or for several `{words}` at once */
  phrasings: readonly string[];
}

/** A family that looks words up in a table, one or several. */
function lookup({ name, table, sentence, told, phrasings }: Lookup): TaskFamily {
  const lookUp = (word: string) => table.get(word) ?? '';
  return defineFamily({
    name,
    weight: 1.5,
    phrasings,
    slots: {
      why,
      word: oneOf(table.keys()),
      words: namesOf(table.keys(), 3, 3),
    },
    answer: ({ word, words }) =>
      splitNames(word || words)
        .map((word) => sentence(word, lookUp(word)))
        .join(' '),
    told: ({ word }) => told(word, lookUp(word)),
  });
}

/** What one knows of words and of the world: opposites, plurals, capitals, what things are for. */
export const words: readonly TaskFamily[] = [
  lookup({
    name: 'antonym',
    table: ANTONYMS,
    sentence: (word, value) => `The opposite of ${word} is ${value}.`,
    told: (word, value) => [
      `${capital(word)} is the opposite of ${value}.`,
      `What is not ${word} at all is ${value}.`,
    ],
    phrasings: [
      'What is the opposite of {word}?',
      'Give me an antonym of {word}.',
      'Opposite of {word}? {why}',
      '{why} What is the contrary of {word}?',
      'Which word means the reverse of {word}? {why}',
      'Opposites of {words}, please.',
      'Give the opposites of {words}.',
      '{words}: what are the opposites?',
      'Find antonyms for {words}.',
    ],
  }),
  lookup({
    name: 'synonym',
    table: SYNONYMS,
    sentence: (word, value) => `Another word for ${word} is ${value}.`,
    told: (word, value) => [
      `${capital(word)} and ${value} mean the same.`,
      `One can say ${value} for ${word}.`,
    ],
    phrasings: [
      'What is another word for {word}?',
      'Give me a synonym of {word}.',
      'I use {word} too often. {why} What else can I say?',
      'Another word for {word}? {why}',
      '{why} Which word means nearly the same as {word}?',
      'Synonyms of {words}, please.',
      'Find other words for {words}.',
      'What can I write in place of {words}?',
      'Replace each by a synonym: {words}',
    ],
  }),
  lookup({
    name: 'irregular-plural',
    table: IRREGULAR_PLURALS,
    sentence: (word, value) => `The plural of ${word} is ${value}.`,
    told: (word, value) => [`One ${word}, two ${value}.`, `Many of the kind ${word} are ${value}.`],
    phrasings: [
      'What is the plural of {word}?',
      'How do I write {word} when there are two?',
      'Plural of {word}? {why}',
      '{why} What do you call more than one {word}?',
      'One {word}, two what? {why}',
      'Plurals of {words}, please.',
      'Give the plural forms of {words}.',
      'Put {words} in the plural.',
      '{words}: how are the plurals spelled?',
    ],
  }),
  lookup({
    name: 'comparative',
    table: COMPARATIVES,
    sentence: (word, value) => `The comparative of ${word} is ${value}.`,
    told: (word, value) => [`What is more than ${word} is ${value}.`, `First ${word}, then even ${value}.`],
    phrasings: [
      'What is the comparative of {word}?',
      'Which form of {word} goes before "than"?',
      'Comparative of {word}? {why}',
      '{why} Not just {word} but more so, in one word?',
      'How do I compare two things with {word}? {why}',
      'Comparatives of {words}, please.',
      'Give the comparative forms of {words}.',
      'Compare with {words}: which forms?',
      'Build comparatives from {words}.',
    ],
  }),
  lookup({
    name: 'past-form',
    table: PAST_TENSE,
    sentence: (word, value) => `The past tense of ${word} is ${value}.`,
    told: (word, value) => [
      `Today they ${word}, yesterday they ${value}.`,
      `${capital(value)} is the past of ${word}.`,
    ],
    phrasings: [
      'What is the past tense of {word}?',
      'Simple past of the verb {word}?',
      'Past tense of {word}? {why}',
      '{why} Today I {word}; what did I do yesterday?',
      'How do I say {word} about last week? {why}',
      'Past tense of {words}, please.',
      'Give the past forms of {words}.',
      'Put the verbs {words} in the past.',
      'What are {words} in the simple past?',
    ],
  }),
  lookup({
    name: 'capital-city',
    table: CAPITALS,
    sentence: (word, value) => `The capital of ${word} is ${value}.`,
    told: (word, value) => [
      `${value} is the capital of ${word}.`,
      `The government of ${word} sits in ${value}.`,
    ],
    phrasings: [
      'What is the capital of {word}?',
      'Which city is the capital of {word}?',
      'Capital of {word}? {why}',
      '{why} Where does the government of {word} sit?',
      'I am off to {word}. What is its capital? {why}',
      'Capitals of {words}, please.',
      'Name the capitals of {words}.',
      '{words}: which are the capitals?',
      'We are going through {words}. What are their capital cities?',
    ],
  }),
  lookup({
    name: 'continent',
    table: CONTINENTS,
    sentence: (word, value) => `${word} is in ${value}.`,
    told: (word, value) => [`${word} is a country in ${value}.`, `${value} is the continent of ${word}.`],
    phrasings: [
      'On which continent is {word}?',
      'Where in the world is {word}?',
      'Which continent is {word} on? {why}',
      '{why} What part of the world is {word} in?',
      'Is {word} in Africa, Asia, Europe or America? {why}',
      'On which continents are {words}?',
      'Give the continents of {words}.',
      '{words}: which continents are these?',
      'Sort by continent: {words}',
    ],
  }),
  lookup({
    name: 'purpose-of-thing',
    table: PURPOSES,
    sentence: (word, value) => `People use ${articleOf(word)} ${word} to ${value}.`,
    told: (word, value) => [
      `${capital(articleOf(word))} ${word} is used to ${value}.`,
      `To ${value}, one takes ${articleOf(word)} ${word}.`,
    ],
    phrasings: [
      'What is the {word} for?',
      'What does one do with the {word}?',
      'What is the use of the {word}? {why}',
      '{why} Why would I need the {word}?',
      'Tell a child what the {word} does. {why}',
      'What are these for: {words}',
      'Explain the use of {words}.',
      'Why do I need {words}?',
      'Say what one does with {words}.',
    ],
  }),
  lookup({
    name: 'rhyme',
    table: RHYMES,
    sentence: (word, value) => `A word that rhymes with ${word} is ${value}.`,
    told: (word, value) => [`${capital(word)} rhymes with ${value}.`, `${capital(value)} and ${word} rhyme.`],
    phrasings: [
      'What rhymes with {word}?',
      'I need a rhyme for {word}.',
      'My poem has {word} at the end. {why} What rhymes?',
      'A rhyme for {word}? {why}',
      '{why} Which word sounds like {word} at its end?',
      'Rhymes for {words}, please.',
      'What rhymes with {words}?',
      'Find words that rhyme with {words}.',
      'My song ends its lines in {words}. What rhymes?',
    ],
  }),
  lookup({
    name: 'expand-contraction',
    table: CONTRACTIONS,
    sentence: (word, value) => `The long form of ${word} is "${value}".`,
    told: (word, value) => [
      `${capital(word)} is short for ${value}.`,
      `In a letter one writes ${value} for ${word}.`,
    ],
    phrasings: [
      'What is {word} short for?',
      'Write {word} without the apostrophe.',
      'What is {word} in a formal letter? {why}',
      '{why} Spell {word} out in full.',
      'Long form of {word}? {why}',
      'Spell out {words}, please.',
      'What are {words} short for?',
      'Give the long forms of {words}.',
      'I may not use short forms. How do I write {words}?',
    ],
  }),
];

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { why } from '../tasks/request-slots.ts';
import { joinNames, listOf, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { NOUNS } from '../vocabulary/things.ts';

const word = oneOf(NOUNS);
const words = namesOf(NOUNS, 3, 3);
const person = oneOf(GIVEN_NAMES);
/** Of one word, or of several with commas between the answers. */
const each = (words: string, answer: (word: string) => string) => splitNames(words).map(answer).join(', ');
const spelled = (word: string) => [...word].join('-');
const backwards = (word: string) => [...word].reverse().join('');
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** Letters and sounds: spelling, counting, comparing. */
export const wordplay: readonly TaskFamily[] = [
  defineFamily({
    name: 'spell-out',
    phrasings: [
      'Spell {words} letter by letter.',
      'Put hyphens between the letters of {words}.',
      'How do you spell {word}? {why}',
      '{why} Spell the word {word} for me.',
      'Write {words} one letter at a time.',
      '{person} cannot spell {word}. Give it letter by letter.',
      'How do you spell {word}?',
      'Spell the word {word}.',
    ],
    slots: { word, words, why, person },
    answer: ({ word, words }) => each(word || words, spelled),
    told: ({ word }) => [
      `${capital(word)} is spelled ${spelled(word)}.`,
      `The letters of ${word} are ${spelled(word)}.`,
    ],
  }),
  defineFamily({
    name: 'reverse-word',
    phrasings: [
      'Write {words} backwards.',
      'Reverse the letters of {words}.',
      '{why} What is {word} backwards?',
      'Read {word} from right to left. {why}',
      'Make a code word: {word} turned around, for {person}.',
      'Spell {words} from the end.',
      'Spell the word {word} backwards.',
      'What is {word} backwards?',
    ],
    slots: { word, words, why, person },
    answer: ({ word, words }) => each(word || words, backwards),
    told: ({ word }) => [`Backwards, ${word} reads ${backwards(word)}.`],
  }),
  ...(
    [
      ['letters', 'letters', (word: string) => word.length],
      ['vowels', 'vowels', (word: string) => word.replace(/[^aeiou]/g, '').length],
    ] as const
  ).map(([name, what, count]) =>
    defineFamily({
      name: `count-${name}`,
      phrasings: [
        `How many ${what} are in {word}? {why}`,
        `{why} Count the ${what} of {word}.`,
        `${capital(what)} in {word}? {person} says there are nine.`,
        `Count the ${what} of the {adjective} word {word}. {why}`,
        `The {adjective} {word}: how many ${what} has its last word?`,
        `{person} wants to paint {word} on a wall. How many ${what} is that?`,
        `How many ${what} does {word} have?`,
        `Number of ${what} in {word}, please.`,
      ],
      slots: { word, why, person, adjective: oneOf(ADJECTIVES) },
      answer: ({ word }) => `The word ${word} has ${count(word)} ${what}.`,
      told: ({ word }, answer) => [answer, `There are ${count(word)} ${what} in ${word}.`],
    }),
  ),
  defineFamily({
    name: 'first-letter',
    phrasings: [
      'First letters of {words}, please.',
      'With which letters do {words} begin?',
      'What does {word} start with? {why}',
      '{why} Which is the first letter of {word}?',
      'Give the initial of {words}.',
      'Under which letter does {person} find {word} in the index?',
      'Which letter does {word} begin with?',
    ],
    slots: { word, words, why, person },
    answer: ({ word, words }) =>
      splitNames(word || words)
        .map((word) => `The word ${word} begins with ${word.charAt(0).toUpperCase()}.`)
        .join(' '),
    told: ({ word }) => [
      `The word ${word} begins with ${word.charAt(0).toUpperCase()}.`,
      `${word.charAt(0).toUpperCase()} is the first letter of ${word}.`,
    ],
  }),
  defineFamily({
    name: 'acronym',
    phrasings: [
      'Make an acronym from {list}.',
      'Take the first letters of {list} and join them.',
      'Initials of {list} in capitals, please.',
      '{list}: what do the first letters spell?',
      'Shorten {list} to one capital each. {why}',
      'I forget {list} all the time. Give me their initials as one word.',
    ],
    slots: { why, list: listOf(NOUNS, 3, 5) },
    answer: ({ list }) => acronym(list),
    told: ({ list }) => [`The first letters of ${joinNames(list.split(', '))} are ${acronym(list)}.`],
  }),
  defineFamily({
    name: 'longest-word',
    phrasings: [
      'Which word is the longest: {list}',
      'Of {list}, which has the most letters?',
      'Pick the longest word of {list}.',
      '{why} Which is longest, {list}?',
      'Find the longest: {list}',
      'Compare the lengths of {list}. Name the longest.',
    ],
    slots: { why, list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) => {
      const [longest = '', second = ''] = byLength(list);
      return longest.length > second.length ? `The longest word is ${longest}.` : null;
    },
    told: ({ list }) => [`Of ${joinNames(list.split(', '))}, the longest word is ${byLength(list)[0]}.`],
  }),
  defineFamily({
    name: 'ends-with',
    phrasings: [
      'Does {word} end with {letter}? {why}',
      '{why} Is {letter} the last letter of {word}?',
      '{person} says that {word} ends in {letter}. Right?',
      'Is it true that {word} ends with the letter {letter}? {why}',
      'The {adjective} {word}: does it end in {letter}?',
      'Check for {person} that {word} has {letter} at the end.',
      'Does the word {word} end with the letter {letter}?',
    ],
    slots: {
      word,
      why,
      person,
      adjective: oneOf(ADJECTIVES),
      letter: {
        pattern: '[a-z]',
        draw: (random, { word = '' }) =>
          random.chance(0.5) ? word.slice(-1) : random.pick([...'aeklnrsty']),
        accepts: () => true,
      },
    },
    answer: ({ word, letter }) =>
      word.endsWith(letter)
        ? `Yes, ${word} ends with ${letter}.`
        : `No, ${word} ends with ${word.slice(-1)}.`,
    told: ({ word }) => [
      `The last letter of ${word} is ${word.slice(-1)}.`,
      `The word ${word} ends with ${word.slice(-1)}.`,
    ],
  }),
  defineFamily({
    name: 'pluralise-phrase',
    phrasings: [
      'Put "{adjective} {noun}" in the plural.',
      'One {adjective} {noun}, two what?',
      'What is the plural of "{adjective} {noun}"?',
      'Plural of "{adjective} {noun}"?',
      '{person} bought more than one {adjective} {noun}. How do I write that?',
      'Make "{adjective} {noun}" plural. {why}',
      'I saw a {adjective} {noun}, then another. So I saw two what?',
    ],
    slots: {
      adjective: oneOf(ADJECTIVES),
      noun: oneOf(NOUNS.filter((noun) => /[bcdgklmnprt]$|[^hsx]e$/.test(noun))),
      why,
      person,
    },
    answer: ({ adjective, noun }) => `${adjective} ${noun}s`,
    told: ({ adjective, noun }) => [`One ${adjective} ${noun} and one more are two ${adjective} ${noun}s.`],
  }),
];

function acronym(list: string): string {
  return list
    .split(', ')
    .map((entry) => entry.charAt(0).toUpperCase())
    .join('');
}

function byLength(list: string): string[] {
  return list.split(', ').sort((a, b) => b.length - a.length);
}

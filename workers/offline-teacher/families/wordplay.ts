import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { listOf, oneOf } from '../tasks/slots.ts';
import { ADJECTIVES, RHYMES } from '../vocabulary/language.ts';
import { NOUNS } from '../vocabulary/things.ts';

const word = oneOf(NOUNS);

/** Letters and sounds: spelling, counting, rhyming. */
export const wordplay: readonly TaskFamily[] = [
  defineFamily({
    name: 'spell-out',
    phrasings: [
      'Spell the word {word} letter by letter for {who} in {city}.',
      '{who} cannot spell {word}. Write it with hyphens between the letters.',
      'Separate the letters of {word} with hyphens for the spelling contest of the {group}.',
      'How is {word} spelled? {who} needs every letter set apart for the {event}.',
      'Write out {word} one letter at a time, as {who} does on the phone to {city}.',
      'For a sign at {setting}, put hyphens between the letters of {word}.',
    ],
    slots: { word },
    answer: ({ word }) => [...word].join('-'),
  }),
  defineFamily({
    name: 'reverse-word',
    phrasings: [
      'Write the word {word} backwards for the secret note of {who}.',
      'Reverse the letters of {word}, a riddle from {who} in {city}.',
      'How does {word} read from right to left? The {group} is guessing.',
      '{who} saw {word} in a mirror at the {event}. Give the letters in reverse.',
      'Turn {word} around letter by letter to make a code word for {who}.',
      'For the {day} quiz in {city}, spell {word} from its end.',
    ],
    slots: { word },
    answer: ({ word }) => [...word].reverse().join(''),
  }),
  defineFamily({
    name: 'count-letters',
    phrasings: [
      'How many letters are in the word {word}, asks {who} from {city}?',
      'Count the letters of {word} for the crossword of {who}.',
      '{who} wants to paint {word} on a wall in {city}. Say how many letters that takes.',
      'State the length of the word {word} for the {event} of the {group}.',
      'Find out how long {word} is, in letters, for a sign at {setting}.',
      'The {group} plays with {word} on {day}. Give its number of letters.',
    ],
    slots: { word },
    answer: ({ word }) => `The word ${word} has ${word.length} letters.`,
  }),
  defineFamily({
    name: 'first-letter',
    weight: 1.5,
    phrasings: [
      'With which letter does {word} begin? {who} wants to know in {city}.',
      'Name the first letter of the word {word} for {who} and the {group}.',
      '{who} shelves {word} by its initial. Which letter is it in {city}?',
      'Identify the starting letter of {word} on the {event} list of {who}.',
      'Under what letter would {who} find {word} in the index about {topic}?',
      'Give the initial of {word} for the {topic} game at {setting}.',
    ],
    slots: { word },
    answer: ({ word }) => `The word ${word} begins with ${word.charAt(0).toUpperCase()}.`,
  }),
  defineFamily({
    name: 'count-vowels',
    phrasings: [
      'Count the vowels in {word} for the reading lesson of {who} in {city}.',
      'How many vowels does the word {word} have, {who} asked the {group}?',
      '{who} colours each a, e, i, o or u in {word}. How many letters is that?',
      'State the number of vowels of {word} in the {event} puzzle by {who}.',
      'Check the vowels of {word} for {who} on {day} and give their count.',
      'The {group} in {city} studies {word}. Tell how many of its letters are vowels.',
    ],
    slots: { word },
    answer: ({ word }) => `The word ${word} has ${word.replace(/[^aeiou]/g, '').length} vowels.`,
  }),
  defineFamily({
    name: 'rhyme',
    phrasings: [
      'Suggest a word that rhymes with {word} for a poem by {who} about {topic}.',
      'What rhymes with {word}? The {group} writes a song on {topic}.',
      '{who} needs a rhyme for {word} in a birthday card to {city}.',
      'Find a rhyming partner of {word} for the {event} verses of {who}.',
      'Complete the couplet about {topic}: give a rhyme to {word}.',
      'Offer {who} a word that sounds like {word} at its end, for {topic}.',
    ],
    slots: { word: oneOf(RHYMES.keys()) },
    answer: ({ word }) => {
      const rhyme = RHYMES.get(word);
      return rhyme === undefined ? null : `A word that rhymes with ${word} is ${rhyme}.`;
    },
  }),
  defineFamily({
    name: 'acronym',
    phrasings: [
      'Make an acronym from the words {list} for the {group}.',
      'Take the first letters of {list} and join them for {who}.',
      '{who} in {city} abbreviates {list}. Give the initials in capitals.',
      'What do the initials of {list} spell on the badge of {who}?',
      'Shorten {list} to one capital letter each for the {event}.',
      'Create a code for {who} from the starting letters of {list}.',
    ],
    slots: { list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) =>
      list
        .split(', ')
        .map((entry) => entry.charAt(0).toUpperCase())
        .join(''),
  }),
  defineFamily({
    name: 'longest-word',
    weight: 1.5,
    phrasings: [
      'Which of the words {list} is the longest, {who} asks?',
      'Identify the longest word among {list} for {who} in {city}.',
      '{who} must pick the word with the most letters from {list}.',
      'From {list}, choose the one that takes {who} longest to write.',
      'Compare the lengths of {list} and name the longest for the {group}.',
      'Find the entry with the greatest number of letters in {list} for {who}.',
    ],
    slots: { list: listOf(NOUNS, 3, 4) },
    answer: ({ list }) => {
      const [longest = '', second = ''] = list.split(', ').sort((a, b) => b.length - a.length);
      return longest.length > second.length ? `The longest word is ${longest}.` : null;
    },
  }),
  defineFamily({
    name: 'ends-with',
    phrasings: [
      'Does the word {word} end with the letter {letter}? Answer {who} in {city}.',
      '{who} says that {word} ends in {letter}. Is it true, {group}?',
      'Check for {who} whether {letter} is the last letter of {word} at the {event}.',
      'Tell the {group} if {word} has {letter} as its final letter.',
      'Is {letter} the closing letter of {word} on the {day} list of {who}?',
      'Decide whether {word}, chosen by {who} in {city}, finishes with {letter}.',
    ],
    slots: {
      word,
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
  }),
  defineFamily({
    name: 'pluralise-phrase',
    phrasings: [
      'Put the words "{adjective} {noun}" after "two", as {who} says them in {city}.',
      'Rewrite "one {adjective} {noun}" for three of them in the story of {who}.',
      '{who} bought several of the kind "{adjective} {noun}" in {city}. Give the plural.',
      'Change "{adjective} {noun}" from singular to plural for the {group}.',
      'How does {who} name more than one "{adjective} {noun}" at the {event}?',
      'Make the phrase "{adjective} {noun}" plural in the letter to {who} about {topic}.',
    ],
    slots: {
      adjective: oneOf(ADJECTIVES),
      noun: oneOf(NOUNS.filter((noun) => /[bcdgklmnprt]$|[^hsx]e$/.test(noun))),
    },
    answer: ({ adjective, noun }) => `${adjective} ${noun}s`,
  }),
];

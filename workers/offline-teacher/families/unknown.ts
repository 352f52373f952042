import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { why } from '../tasks/request-slots.ts';
import { oneOf } from '../tasks/slots.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { BEYOND, MADE_UP, UNKNOWABLE } from '../vocabulary/unknown.ts';

const person = oneOf(GIVEN_NAMES);
const madeUp = oneOf(MADE_UP);
const other = oneOf(MADE_UP, ['name']);

/** Questions about what is not there, or not to be known: the right answer is to say so, and of what. */
export const unknown: readonly TaskFamily[] = [
  defineFamily({
    name: 'unknown-place',
    phrasings: [
      'Is {name} or {other} the capital of {country}?',
      'Which language do they speak in {name}, and which in {other}?',
      'Is {name} bigger than {other}?',
      'How far is it from {name} to {other}?',
      '{why} What is the capital of {name}?',
      'I am off to {name}. Which coins do they use? {why}',
      'What is the capital of {name}?',
      'On which continent is {name}?',
      'Where in the world is {name}?',
    ],
    slots: { name: madeUp, other, country: oneOf(MADE_UP, ['name', 'other']), why },
    answer: ({ name }) => `I do not know a place called ${name}.`,
  }),
  defineFamily({
    name: 'unknown-person',
    phrasings: [
      'Who was {person} {name}? {why}',
      'When was {person} {name} born?',
      'What did {person} {name} invent?',
      'Tell me about the life of {person} {name}.',
      '{why} What is {person} {name} famous for?',
      'Did {person} {name} write any books?',
    ],
    slots: { person, name: madeUp, why },
    answer: ({ person, name }) => `I do not know who ${person} ${name} is.`,
  }),
  defineFamily({
    name: 'unknown-word',
    phrasings: [
      'What does {word} mean? {why}',
      'What is the opposite of {word}, and of {second}?',
      'Another word for {word}, or for {second}?',
      'Is {word} a noun or a verb? {why}',
      '{why} What is a {word} used for?',
      'Which do you like better, {word} or {second}?',
      'What is the opposite of {word}?',
      'What does the word {word} mean?',
    ],
    slots: {
      word: oneOf(MADE_UP.map((name) => name.toLowerCase())),
      second: oneOf(
        MADE_UP.map((name) => name.toLowerCase()),
        ['word'],
      ),
      why,
    },
    answer: ({ word }) => `I do not know the word ${word}.`,
  }),
  defineFamily({
    name: 'beyond-knowledge',
    phrasings: [
      'Tell me about {topic}. {why}',
      'Explain {topic} to me.',
      'How does {topic} work?',
      'What do you know about {topic}?',
      'Write an essay about {topic}. {why}',
      '{why} Give me three facts about {topic}.',
    ],
    slots: { topic: oneOf(BEYOND), why },
    answer: ({ topic }) => `I do not know enough about ${topic}.`,
  }),
  defineFamily({
    name: 'unknowable',
    phrasings: [
      'Tell me {matter}.',
      'Do you know {matter}?',
      'Can you tell me {matter}? {why}',
      '{person} wants to know {matter}.',
      'I wonder {matter}.',
      'Guess {matter}. {why}',
    ],
    slots: { matter: oneOf(UNKNOWABLE), why, person },
    answer: ({ matter }) =>
      `I do not know ${matter.replace(/\b(my|I)\b/g, (word) => (word === 'I' ? 'you' : 'your'))}.`,
  }),
];

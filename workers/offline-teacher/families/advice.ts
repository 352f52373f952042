import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { why } from '../tasks/request-slots.ts';
import { articleOf, namesOf, oneOf, splitNames } from '../tasks/slots.ts';
import { GIFTS, HABITATS, MANNERS, REMEDIES } from '../vocabulary/advice.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { NOUNS } from '../vocabulary/things.ts';
import { EVENTS, WEEKDAYS } from '../vocabulary/topics.ts';

const person = oneOf(GIVEN_NAMES);
const event = oneOf(EVENTS);

/** Suggestions, manners and descriptions, each from a table or by a stated rule. */
export const advice: readonly TaskFamily[] = [
  defineFamily({
    name: 'suggest-gift',
    weight: 1.5,
    phrasings: [
      'What can I give {person}, {trade}?',
      'Gift for {person}, {trade}, for the {event}?',
      '{person} is {trade}. What would be a good present?',
      '{person}, {trade}, has a birthday on {weekday}. Present?',
      'Any gift ideas for {person}, {trade}, before {weekday}?',
      '{person} is {trade} and holds the {event}. What to bring?',
      'I need a birthday present for {person}, who is {trade}.',
      'What is a good present for {trade}?',
    ],
    slots: {
      person,
      event,
      weekday: oneOf(WEEKDAYS),
      trade: oneOf([...GIFTS.keys()].map((name) => `${articleOf(name)} ${name}`)),
    },
    answer: ({ trade }) => {
      const gift = giftFor(trade);
      return gift === undefined ? null : `A good gift is ${gift}.`;
    },
    told: ({ person, trade }) => [
      `${person} is ${trade} and likes to get ${giftFor(trade)}.`,
      `For ${trade}, a good gift is ${giftFor(trade)}.`,
    ],
  }),
  defineFamily({
    name: 'remedy',
    phrasings: [
      'What helps with {trouble}? {why}',
      'I have {trouble}. What should I do?',
      '{person} has {trouble} before the {event}. What now?',
      'How do I deal with {trouble}? {person} asks too.',
      'Help, {trouble}! What can {person} do?',
      '{person} called me about {trouble}. One tip, please.',
      'What is a remedy for {trouble}?',
    ],
    slots: { person, event, why, trouble: oneOf(REMEDIES.keys()) },
    answer: ({ trouble }) => {
      const remedy = REMEDIES.get(trouble);
      return remedy === undefined ? null : `For ${trouble}, do this: ${remedy}.`;
    },
    told: ({ person, trouble }) => [
      `Against ${trouble} this helps: ${REMEDIES.get(trouble)}.`,
      `${person} had ${trouble}, and everybody said: ${REMEDIES.get(trouble)}.`,
    ],
  }),
  defineFamily({
    name: 'good-manners',
    phrasings: [
      'What do I say when {situation}?',
      'What is polite when {situation}?',
      '{why} What does one say when {situation}?',
      'Teach my child what to say when {situation}.',
      'I never know what to say when {situation}. Help me.',
      'Give {person} a nice phrase for when {situation}.',
    ],
    slots: { situation: oneOf(MANNERS.keys()), why, person },
    answer: ({ situation }) => MANNERS.get(situation) ?? null,
    // A question has no place in plain text.
    told: ({ situation }, answer) =>
      answer.endsWith('?') ? [] : [`When ${situation}, one says "${answer}" with a smile.`],
  }),
  defineFamily({
    name: 'animal-home',
    phrasings: [
      'Where do these animals live: {animals}',
      'Where can I see the {animal}? {why}',
      '{why} Where does the {animal} live?',
      'Name the habitats of {animals}.',
      'Where are {animals} at home?',
      '{person} wants to watch the {animal}. In what kind of place?',
      'Where does the {animal} live?',
    ],
    slots: { animal: oneOf(HABITATS.keys()), animals: namesOf(HABITATS.keys(), 3, 3), why, person },
    answer: ({ animal, animals }) =>
      splitNames(animal || animals)
        .map((animal) => `The ${animal} lives ${HABITATS.get(animal)}.`)
        .join(' '),
    told: ({ animal, person }) => [
      `The ${animal} lives ${HABITATS.get(animal)}.`,
      `${person} saw ${articleOf(animal)} ${animal} ${HABITATS.get(animal)}.`,
    ],
  }),
  defineFamily({
    name: 'choose-by-rule',
    phrasings: [
      'Which comes first in the alphabet, {a} or {b}?',
      'Alphabet: {a} or {b} first?',
      'Is {a} or {b} first in the dictionary?',
      '{a} or {b}: let the alphabet decide.',
      'I cannot choose between {a} and {b}. Take the first by alphabet.',
      '{person} takes what is earlier in the alphabet. Is that {a} or {b}?',
      'By alphabet, {a} or {b}? {why}',
    ],
    slots: { a: oneOf(NOUNS), b: oneOf(NOUNS, ['a']), person, why },
    answer: ({ a, b }) => (a === b ? null : `Take the ${[a, b].sort()[0]}.`),
    told: ({ a, b }) => {
      const [first, second] = [a, b].sort();
      return [
        `In the alphabet, ${first} comes before ${second}.`,
        `The dictionary has ${second} after ${first}.`,
      ];
    },
  }),
];

function giftFor(trade: string): string | undefined {
  return GIFTS.get(trade.replace(/^an? /, ''));
}

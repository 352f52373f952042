import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { articleOf, made, oneOf } from '../tasks/slots.ts';
import { GIFTS, HABITATS, MANNERS, REMEDIES } from '../vocabulary/advice.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { NOUNS } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);

/** Suggestions, manners and descriptions, each from a table or by a stated rule. */
export const advice: readonly TaskFamily[] = [
  defineFamily({
    name: 'suggest-gift',
    weight: 1.5,
    phrasings: [
      'Suggest a present for {person}, who works as {trade} in {city}.',
      'What can {who} give {person}, {trade}, at the {event}?',
      '{person} is {trade}. Recommend a useful gift from the {group}.',
      'Recommend something that {who} may buy for {trade} called {person}.',
      'Name a gift for {person}, {trade} at {setting}.',
      'Help the {group} to choose: what would please {person} as {trade}?',
    ],
    slots: {
      person,
      trade: oneOf([...GIFTS.keys()].map((name) => `${articleOf(name)} ${name}`)),
    },
    answer: ({ person, trade }) => {
      const gift = GIFTS.get(trade.replace(/^an? /, ''));
      return gift === undefined ? null : `${person} could use ${gift}.`;
    },
  }),
  defineFamily({
    name: 'remedy',
    phrasings: [
      'What should {person} do about {trouble} in {city}?',
      'Give {person} advice against {trouble} during the {event}.',
      '{person} of the {group} has {trouble}. Suggest a way out.',
      'Explain to {person} at {setting} how one deals with {trouble}.',
      'How can {who} help {person} with {trouble}? One tip will do.',
      'Recommend a remedy for {trouble} to {person} from {city} and the {group}.',
    ],
    slots: { person, trouble: oneOf(REMEDIES.keys()) },
    answer: ({ person, trouble }) => {
      const remedy = REMEDIES.get(trouble);
      return remedy === undefined ? null : `${person} should do this: ${remedy}.`;
    },
  }),
  defineFamily({
    name: 'good-manners',
    phrasings: [
      'What does one say in {city} when {situation}, {who} asks?',
      'Teach {who} what is polite when {situation} at {setting}.',
      'Give the {group} a fitting phrase for when {situation}.',
      'Suggest what {who} says at the {event} when {situation}.',
      'Which sentence do good manners ask of {who} when {situation}?',
      'Complete for {who} the rule on {topic}: when {situation}, say this.',
    ],
    slots: { situation: oneOf(MANNERS.keys()) },
    answer: ({ situation }) => MANNERS.get(situation) ?? null,
  }),
  defineFamily({
    name: 'animal-home',
    phrasings: [
      'Where does the {animal} live, {who} asks the {group}?',
      'Describe the home of the {animal} for a child of {who} in {city}.',
      'Name the habitat of the {animal} in the {topic} lesson of {who}.',
      '{who} wants to watch the {animal} near {city}. In what kind of place?',
      'In which surroundings does the {animal} feel at home, by {setting}?',
      'State for the {event} quiz of {who} where the {animal} is found.',
    ],
    slots: { animal: oneOf(HABITATS.keys()) },
    answer: ({ animal }) => {
      const home = HABITATS.get(animal);
      return home === undefined ? null : `The ${animal} lives ${home}.`;
    },
  }),
  defineFamily({
    name: 'shopping-change',
    phrasings: [
      '{person} pays {price} euros with a note of {paid}. What change does {who} give?',
      'How much change does {person} get from {paid} euros for a bill of {price} in {city}?',
      'At {setting} {person} hands over {paid} euros for goods of {price} euros. Compute the change.',
      'The {group} owes {price} euros and {person} gives {paid}. What comes back?',
      'Work out the change for {person}: {paid} euros paid, {price} euros due at the {event}.',
      'If the book on {topic} costs {price} euros and {person} pays {paid}, how much is returned?',
    ],
    slots: {
      person,
      paid: oneOf(['10', '50', '100']),
      price: made('\\d+', (random, { paid = '10' }) => String(random.integer(2, Number(paid) - 1))),
    },
    answer: ({ person, paid, price }) =>
      Number(paid) > Number(price) ? `${person} gets ${Number(paid) - Number(price)} euros back.` : null,
  }),
  defineFamily({
    name: 'choose-by-rule',
    phrasings: [
      '{who} takes what comes first in the alphabet. Is that {a} or {b}?',
      'Choose for {who} between {a} and {b}: the one that is earlier in the alphabet.',
      '{who} cannot decide on {a} or {b} at the {event}. Let the alphabet decide.',
      'Of {a} and {b}, which stands first in the dictionary of the {group}?',
      'Pick {a} or {b} for {who} in {city}, by alphabetical order.',
      'Compare {a} with {b} and tell the {group} which comes sooner in the alphabet.',
    ],
    slots: { a: oneOf(NOUNS), b: oneOf(NOUNS, ['a']) },
    answer: ({ a, b }) => (a === b ? null : `Take the ${[a, b].sort()[0]}.`),
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { text } from '../tasks/request-slots.ts';
import { articleOf, made, oneOf } from '../tasks/slots.ts';
import { ADJECTIVES, ADVERBS, PAST_TENSE } from '../vocabulary/language.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { OBJECTS } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);
const adjective = oneOf(ADJECTIVES);
const noun = oneOf(OBJECTS);
const verb = oneOf(PAST_TENSE.keys());
const past = oneOf(PAST_TENSE.values());
const town = oneOf(CITIES);

/** Third person singular of a verb of our list: catches, carries, buys. */
const thirdPerson = (base: string) =>
  /(?:ch|sh|x|ss)$/.test(base) ? `${base}es` : base.replace(/([^aeiou])y$/, '$1ie').concat('s');
const baseOf = (past: string) => [...PAST_TENSE].find(([, form]) => form === past)?.[0];

/** One sentence said in another way: tense, voice, person, tone. */
export const rewriting: readonly TaskFamily[] = [
  defineFamily({
    name: 'to-past-tense',
    phrasings: [
      'Put into the past tense: They {verb} the {adjective} {noun}.',
      'How do I say this about yesterday: They {verb} the {adjective} {noun}.',
      'Rewrite "They {verb} the {adjective} {noun}." in the past tense.',
    ],
    given: {
      phrasings: [
        'Put {text} into the past tense.',
        'Change {text} to the past.',
        'Rewrite {text} as if it were over.',
      ],
      input: 'They {verb} the {adjective} {noun}.',
    },
    slots: { text, verb, adjective, noun },
    answer: ({ verb, adjective, noun }) => `They ${PAST_TENSE.get(verb)} the ${adjective} ${noun}.`,
    told: ({ verb, adjective, noun }, answer) => [
      `Today they ${verb} the ${adjective} ${noun}. Yesterday: ${answer}`,
    ],
  }),
  defineFamily({
    name: 'to-third-person',
    phrasings: [
      'Say that {person} does it: I {verb} the {adjective} {noun}.',
      'Put {person} in the place of "I": I {verb} the {adjective} {noun}.',
      'Rewrite "I {verb} the {adjective} {noun}." so that {person} is the subject.',
    ],
    given: {
      phrasings: [
        'Change "I" to {person} in {text}.',
        'Rewrite {text} about {person}.',
        'Let {person} be the one who acts in {text}.',
      ],
      input: 'I {verb} the {adjective} {noun}.',
    },
    slots: { text, person, verb, adjective, noun },
    answer: ({ person, verb, adjective, noun }) =>
      PAST_TENSE.has(verb) ? `${person} ${thirdPerson(verb)} the ${adjective} ${noun}.` : null,
    told: ({ person, verb, noun }) => [
      `I ${verb} the ${noun}, and ${person} ${thirdPerson(verb)} the ${noun} too.`,
    ],
  }),
  defineFamily({
    name: 'negate',
    phrasings: [
      'Make this negative: {person} {past} the {adjective} {noun}.',
      'Say that it is not so: {person} {past} the {adjective} {noun}.',
      'Put "did not" into "{person} {past} the {adjective} {noun}."',
    ],
    given: {
      phrasings: ['Make {text} negative.', 'Deny {text} with "did not".', 'Turn {text} into its contrary.'],
      input: '{person} {past} the {adjective} {noun}.',
    },
    slots: { text, person, past, adjective, noun },
    answer: ({ person, past, adjective, noun }) => {
      const base = baseOf(past);
      return base === undefined ? null : `${person} did not ${base} the ${adjective} ${noun}.`;
    },
    told: ({ person, past, noun }, answer) => [
      `Someone said that ${person} ${past} the ${noun}, but that is not true. ${answer}`,
    ],
  }),
  defineFamily({
    name: 'to-question',
    phrasings: [
      'Make a question of this: {person} {past} the {noun} in {town}.',
      'Turn into a question with "Did": {person} {past} the {noun} in {town}.',
      'Ask whether it is true: {person} {past} the {noun} in {town}.',
    ],
    given: {
      phrasings: [
        'Turn {text} into a question.',
        'Ask if {text} is true.',
        'Make a question with "Did" out of {text}.',
      ],
      input: '{person} {past} the {noun} in {town}.',
    },
    slots: { text, person, past, noun, town },
    answer: ({ person, past, noun, town }) => {
      const base = baseOf(past);
      return base === undefined ? null : `Did ${person} ${base} the ${noun} in ${town}?`;
    },
    told: ({ person, past, noun, town }) => [
      `${person} ${past} the ${noun} in ${town}.`,
      `In ${town}, ${person} did ${baseOf(past)} the ${noun}.`,
    ],
  }),
  defineFamily({
    name: 'polite-request',
    phrasings: [
      'Make this polite: {command} the {adjective} {noun}!',
      'Say it in a friendly way: {command} the {adjective} {noun}!',
      'How do I ask nicely: {command} the {adjective} {noun}!',
    ],
    given: {
      phrasings: [
        'Make {text} sound polite.',
        'Say {text} with "Could you please".',
        'Soften the tone of {text}.',
      ],
      input: '{command} the {adjective} {noun}!',
    },
    slots: {
      text,
      command: oneOf([...PAST_TENSE.keys()].map((base) => base.charAt(0).toUpperCase() + base.slice(1))),
      adjective,
      noun,
    },
    answer: ({ command, adjective, noun }) =>
      `Could you please ${command.toLowerCase()} the ${adjective} ${noun}?`,
    told: ({ command, noun }) => [
      `It is polite to say please when somebody should ${command.toLowerCase()} the ${noun}.`,
    ],
  }),
  defineFamily({
    name: 'to-passive',
    phrasings: [
      'Put into the passive voice: {person} {regular} the {adjective} {noun}.',
      'Rewrite "{person} {regular} the {adjective} {noun}." in the passive.',
      'Passive of this, please: {person} {regular} the {adjective} {noun}.',
    ],
    given: {
      phrasings: [
        'Rewrite {text} in the passive voice.',
        'Passive voice for {text}, please.',
        'Convert {text} from active to passive.',
      ],
      input: '{person} {regular} the {adjective} {noun}.',
    },
    slots: {
      text,
      person,
      regular: oneOf([...PAST_TENSE.values()].filter((form) => form.endsWith('ed'))),
      adjective,
      noun,
    },
    answer: ({ person, regular, adjective, noun }) => `The ${adjective} ${noun} was ${regular} by ${person}.`,
    told: ({ person, regular, adjective, noun }, answer) => [
      `${person} ${regular} the ${adjective} ${noun}. ${answer}`,
    ],
  }),
  defineFamily({
    name: 'replace-word',
    phrasings: [
      'Replace {noun} with {other}: {person} {past} the {adjective} {noun}.',
      'I meant {other}, not {noun}: {person} {past} the {adjective} {noun}.',
    ],
    given: {
      phrasings: [
        'Replace {noun} with {other} in {text}.',
        'Write {other} for {noun} in {text}.',
        'In {text}, {noun} should be {other}.',
        'Swap {noun} for {other} in {text}.',
      ],
      input: '{person} {past} the {adjective} {noun}.',
    },
    slots: { text, person, past, adjective, noun, other: oneOf(OBJECTS, ['noun']) },
    answer: ({ person, past, adjective, other }) => `${person} ${past} the ${adjective} ${other}.`,
    told: ({ person, past, noun, other }) => [
      `It was not the ${noun} but the ${other} that ${person} ${past}.`,
    ],
  }),
  defineFamily({
    name: 'remove-adverb',
    phrasings: [
      'Remove the adverb: {person} {adverb} {past} the {noun} in {town}.',
      'Leave out the adverb of "{person} {adverb} {past} the {noun} in {town}."',
    ],
    given: {
      phrasings: [
        'Delete the adverb in {text}.',
        'Shorten {text}: no adverb.',
        'Take the adverb out of {text}.',
        'Edit {text} to have no adverb.',
      ],
      input: '{person} {adverb} {past} the {noun} in {town}.',
    },
    slots: { text, person, adverb: oneOf(ADVERBS), past, noun, town },
    answer: ({ person, past, noun, town }) => `${person} ${past} the ${noun} in ${town}.`,
    told: ({ person, adverb, past, noun, town }, answer) => [
      `${answer} It was done ${adverb}.`,
      `In ${town}, ${person} ${adverb} ${past} the ${noun}.`,
    ],
  }),
  defineFamily({
    name: 'add-adjective',
    phrasings: [
      'Add the word {adjective}: {person} {past} the {noun}.',
      'It was {adjective}. Put that into "{person} {past} the {noun}."',
    ],
    given: {
      phrasings: [
        'Add {adjective} before the noun in {text}.',
        'Put the word {adjective} into {text}.',
        'The thing was {adjective}. Say so in {text}.',
        'Insert "{adjective}" where it belongs in {text}.',
      ],
      input: '{person} {past} the {noun}.',
    },
    slots: { text, person, past, noun, adjective },
    answer: ({ person, past, noun, adjective }) => `${person} ${past} the ${adjective} ${noun}.`,
    told: ({ person, past, noun, adjective }, answer) => [
      answer,
      `The ${noun} that ${person} ${past} was ${adjective}.`,
    ],
  }),
  defineFamily({
    name: 'combine-because',
    phrasings: [
      'Join with because: {person} {past} the {noun}. It was {adjective}.',
      'Make one sentence of "{person} {past} the {noun}. It was {adjective}." with because.',
    ],
    given: {
      phrasings: [
        'Join the two sentences in {text} with "because".',
        'Use because to make {text} one sentence.',
        'The second part of {text} is the reason. Use because.',
        'Combine {text} by "because".',
      ],
      input: '{person} {past} the {noun}. It was {adjective}.',
    },
    slots: { text, person, past, noun, adjective },
    answer: ({ person, past, noun, adjective }) =>
      `${person} ${past} the ${noun} because it was ${adjective}.`,
    told: ({ noun, adjective }, answer) => [answer, `The ${noun} was ${adjective}, and that was the reason.`],
  }),
  defineFamily({
    name: 'fix-article',
    phrasings: [
      'Correct the article: {person} {past} {wrong} {noun}.',
      'Is it a or an? {person} {past} {wrong} {noun}.',
      'Mend "a" or "an": {person} {past} {wrong} {noun}.',
    ],
    given: {
      phrasings: [
        'Check "a" and "an" in {text}.',
        'The article is wrong in {text}. Fix it.',
        'Correct the article of {text}.',
      ],
      input: '{person} {past} {wrong} {noun}.',
    },
    slots: { text, person, past, wrong: oneOf(['a', 'an']), noun },
    answer: ({ person, past, wrong, noun }) =>
      articleOf(noun) === wrong ? null : `${person} ${past} ${articleOf(noun)} ${noun}.`,
    told: ({ noun }, answer) => [answer, `One says ${articleOf(noun)} ${noun}.`],
  }),
  defineFamily({
    name: 'word-order',
    phrasings: [
      'Make a sentence of these words: {shuffled}',
      'Unscramble this sentence: {shuffled}',
      'Put in the right order: {shuffled}',
      '{shuffled}: what is the sentence?',
      'Bring these words in order, the name first: {shuffled}',
    ],
    given: { phrasings: ['Unscramble {text}.', 'Order the words of {text}.'], input: '{shuffled}' },
    slots: {
      text,
      shuffled: made('the / [a-z]+ / [a-z]+ / [a-z]+ / [A-Z][a-z]+', (random) =>
        ['the', random.pick(OBJECTS), random.pick([...PAST_TENSE.values()]), random.pick(ADJECTIVES)]
          .concat(random.pick(GIVEN_NAMES))
          .join(' / '),
      ),
    },
    answer: ({ shuffled }) => {
      const [the, noun, past, adjective, person] = shuffled.split(' / ');
      return `${person} ${past} ${the} ${adjective} ${noun}.`;
    },
    told: (_, answer) => [answer],
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { articleOf, oneOf } from '../tasks/slots.ts';
import { ADJECTIVES, ADVERBS, CONTRACTIONS, PAST_TENSE } from '../vocabulary/language.ts';
import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { NOUNS } from '../vocabulary/things.ts';

const person = oneOf(GIVEN_NAMES);
const adjective = oneOf(ADJECTIVES);
const noun = oneOf(NOUNS);
const verb = oneOf(PAST_TENSE.keys());
const past = oneOf(PAST_TENSE.values());
const town = oneOf(CITIES);

/** Third person singular of a verb of our list: catches, carries, buys. */
const thirdPerson = (base: string) =>
  /(?:ch|sh|x|ss)$/.test(base) ? `${base}es` : base.replace(/([^aeiou])y$/, '$1ie').concat('s');

/** One sentence said in another way: tense, voice, person, tone. */
export const rewriting: readonly TaskFamily[] = [
  defineFamily({
    name: 'to-past-tense',
    phrasings: [
      'Rewrite the sentence that {who} sent from {city} in the past tense.',
      'Put this line of the {group} report into the past.',
      '{who} tells the story of {topic} as if it were over. Change the tense.',
      'Change the present tense into the past tense in the {event} note of {who}.',
      'Make the sentence from {setting} speak of yesterday.',
      'How would {who} write this about {topic} if it had already happened?',
    ],
    input: 'They {verb} the {adjective} {noun}.',
    slots: { verb, adjective, noun },
    answer: ({ verb, adjective, noun }) => `They ${PAST_TENSE.get(verb)} the ${adjective} ${noun}.`,
  }),
  defineFamily({
    name: 'to-third-person',
    phrasings: [
      'Rewrite the sentence with {person} in place of "I" for the {group}.',
      'Change the first person to {person} in what was said about {topic}.',
      'Let {person} be the one who acts in this line from {setting}.',
      'Edit the note from {city} so that it tells about {person}.',
      'Put {person} in as the subject, for the {event} report of the {group}.',
      'Report what {person} does, instead of "I", to the {group} in {city}.',
    ],
    input: 'I {verb} the {adjective} {noun}.',
    slots: { person, verb, adjective, noun },
    answer: ({ person, verb, adjective, noun }) =>
      PAST_TENSE.has(verb) ? `${person} ${thirdPerson(verb)} the ${adjective} ${noun}.` : null,
  }),
  defineFamily({
    name: 'negate',
    phrasings: [
      'Make the sentence about {topic} by {who} negative.',
      'Rewrite what {who} said in {city} so that it says the opposite, with "did not".',
      'Deny the statement of the {group} about the {event}.',
      'Turn this claim from {setting} into a negative one.',
      'Contradict {who} on {day}: put "did not" into the sentence.',
      'The {group} says that it is not so. Write the sentence in the negative for {who}.',
    ],
    input: '{person} {past} the {adjective} {noun}.',
    slots: { person, past, adjective, noun },
    answer: ({ person, past, adjective, noun }) => {
      const base = [...PAST_TENSE].find(([, form]) => form === past)?.[0];
      return base === undefined ? null : `${person} did not ${base} the ${adjective} ${noun}.`;
    },
  }),
  defineFamily({
    name: 'to-question',
    phrasings: [
      'Turn the statement of {who} about {topic} into a yes or no question.',
      'Ask whether what the {group} wrote is true.',
      'Rewrite the {topic} line from {setting} as a question with "Did".',
      '{who} doubts this news from {city}. Make a question of it.',
      'Form a question out of the sentence in the {event} report by {who}.',
      'How would the {group} ask for this on {day} in {city}?',
    ],
    input: '{person} {past} the {noun} in {town}.',
    slots: { person, past, noun, town },
    answer: ({ person, past, noun, town }) => {
      const base = [...PAST_TENSE].find(([, form]) => form === past)?.[0];
      return base === undefined ? null : `Did ${person} ${base} the ${noun} in ${town}?`;
    },
  }),
  defineFamily({
    name: 'polite-request',
    phrasings: [
      'Make the order polite before {who} sends it to the {group}.',
      'Rewrite this command from {setting} as a friendly request.',
      '{who} sounds rude about {topic}. Say it with "Could you please".',
      'Turn what {who} shouted in {city} into a courteous question.',
      'Soften the tone of the {event} message by {who}.',
      'Suggest how the {group} can ask for this politely on {day}.',
    ],
    input: '{command} the {adjective} {noun}!',
    slots: {
      command: oneOf([...PAST_TENSE.keys()].map((base) => base.charAt(0).toUpperCase() + base.slice(1))),
      adjective,
      noun,
    },
    answer: ({ command, adjective, noun }) =>
      `Could you please ${command.toLowerCase()} the ${adjective} ${noun}?`,
  }),
  defineFamily({
    name: 'to-passive',
    phrasings: [
      'Rewrite the sentence by {who} about {topic} in the passive voice.',
      'Put the {group} news from {city} into the passive.',
      'Change from active to passive what {who} wrote for the {event}.',
      'Start this line from {setting} with the thing and use "was".',
      'The {group} prefers the passive voice. Convert what {who} reports.',
      'Transform the active sentence in the {topic} text by {who} into a passive one.',
    ],
    input: '{person} {regular} the {adjective} {noun}.',
    slots: {
      person,
      regular: oneOf([...PAST_TENSE.values()].filter((form) => form.endsWith('ed'))),
      adjective,
      noun,
    },
    answer: ({ person, regular, adjective, noun }) => `The ${adjective} ${noun} was ${regular} by ${person}.`,
  }),
  defineFamily({
    name: 'replace-word',
    phrasings: [
      'Replace {noun} with {other} in the sentence by {who}.',
      'In the {group} note, write {other} in place of {noun}.',
      '{who} meant {other}, not {noun}. Correct the line about {topic}.',
      'Swap the word {noun} for {other} in what {who} wrote in {city}.',
      'Exchange {noun} for {other} in the {event} text of the {group}.',
      'Edit the line from {setting}: {other} should stand where {noun} stands.',
    ],
    input: '{person} {past} the {adjective} {noun}.',
    slots: { person, past, adjective, noun, other: oneOf(NOUNS, ['noun']) },
    answer: ({ person, past, adjective, other }) => `${person} ${past} the ${adjective} ${other}.`,
  }),
  defineFamily({
    name: 'remove-adverb',
    phrasings: [
      'Delete the adverb from the sentence that {who} wrote about {topic}.',
      'Shorten the {group} line by taking out its adverb.',
      '{who} uses too many adverbs. Remove the one in the note from {city}.',
      'Strike the word that tells how it was done in the {event} report by {who}.',
      'Simplify the text of {setting}: leave the adverb out.',
      'Edit the sentence of {who} on {topic} so that no adverb is left.',
    ],
    input: '{person} {adverb} {past} the {noun} in {town}.',
    slots: { person, adverb: oneOf(ADVERBS), past, noun, town },
    answer: ({ person, past, noun, town }) => `${person} ${past} the ${noun} in ${town}.`,
  }),
  defineFamily({
    name: 'add-adjective',
    phrasings: [
      'Add the adjective {adjective} before the noun in the sentence by {who}.',
      'Describe the thing as {adjective} in the {group} note from {city}.',
      '{who} forgot to say that it was {adjective}. Complete the line about {topic}.',
      'Insert the word {adjective} where it belongs in the {event} text of {who}.',
      'Make the sentence from {setting} more exact: the thing was {adjective}.',
      'Expand the statement of {who} on {topic} with the word {adjective}.',
    ],
    input: '{person} {past} the {noun}.',
    slots: { person, past, noun, adjective },
    answer: ({ person, past, noun, adjective }) => `${person} ${past} the ${adjective} ${noun}.`,
  }),
  defineFamily({
    name: 'combine-because',
    phrasings: [
      'Combine the two sentences of {who} with "because".',
      'Join what the {group} wrote about {topic} into one sentence using because.',
      '{who} wants one sentence, not two, in the letter to {city}. Use because.',
      'Merge both statements from {setting}; the second is the reason.',
      'Connect the parts of the {event} note by {who} with because.',
      'Write the {topic} remark of {who} as a single sentence that gives the reason.',
    ],
    input: '{person} {past} the {noun}. It was {adjective}.',
    slots: { person, past, noun, adjective },
    answer: ({ person, past, noun, adjective }) =>
      `${person} ${past} the ${noun} because it was ${adjective}.`,
  }),
  defineFamily({
    name: 'expand-contraction',
    phrasings: [
      'What is the long form of {short}, asks {who} about {topic}?',
      'Write {short} without the apostrophe for a formal letter from {who} to {city}.',
      'Expand the contraction {short} in the {group} report.',
      '{who} must avoid short forms at {setting}. Spell out {short}.',
      'Give the full words behind {short} for the {event} speech of {who}.',
      'Replace {short} by its formal version in the article of {who} on {topic}.',
    ],
    slots: { short: oneOf(CONTRACTIONS.keys()) },
    answer: ({ short }) => {
      const long = CONTRACTIONS.get(short);
      return long === undefined ? null : `The long form of ${short} is "${long}".`;
    },
  }),
  defineFamily({
    name: 'fix-article',
    phrasings: [
      'Correct the article in the sentence that {who} wrote about {topic}.',
      'Check "a" and "an" in the {group} note and write it rightly.',
      '{who} learns English in {city}. Mend the wrong article.',
      'Find the mistake with a or an in the {event} text of {who} and fix it.',
      'Edit the line from {setting}: its article is wrong.',
      'Proofread the sentence by {who} of the {group} for its article.',
    ],
    input: '{person} {past} {wrong} {noun}.',
    slots: { person, past, wrong: oneOf(['a', 'an']), noun },
    answer: ({ person, past, wrong, noun }) =>
      articleOf(noun) === wrong ? null : `${person} ${past} ${articleOf(noun)} ${noun}.`,
  }),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { oneOf } from '../tasks/slots.ts';
import { ANTONYMS, COMPARATIVES, PAST_TENSE, SYNONYMS } from '../vocabulary/language.ts';
import { CAPITALS, CONTINENTS } from '../vocabulary/places.ts';
import { IRREGULAR_PLURALS, PURPOSES } from '../vocabulary/things.ts';

/** A family that looks one slot, `word`, up in a table. */
function lookup(
  name: string,
  table: ReadonlyMap<string, string>,
  sentence: (word: string, value: string) => string,
  phrasings: readonly string[],
): TaskFamily {
  return defineFamily({
    name,
    phrasings,
    slots: { word: oneOf(table.keys()) },
    answer: ({ word }) => {
      const value = table.get(word);
      return value === undefined ? null : sentence(word, value);
    },
  });
}

/** What one knows of words and of the world: opposites, plurals, capitals, what things are for. */
export const words: readonly TaskFamily[] = [
  lookup('antonym', ANTONYMS, (word, value) => `The opposite of ${word} is ${value}.`, [
    'What is the opposite of {word} in a text on {topic} by {who}?',
    'Give an antonym of {word} for the {group} in {city}.',
    '{who} looks for the contrary of {word} to describe {topic}.',
    'Find a word that means the reverse of {word}, as {who} needs for the {event}.',
    'Name the opposite of the word {word} for the {day} lesson of {who}.',
    'Which word would {who} use in {city} to say that something is not {word} at all?',
  ]),
  lookup('synonym', SYNONYMS, (word, value) => `Another word for ${word} is ${value}.`, [
    'Suggest a synonym for {word} in the article on {topic} by {who}.',
    'What is another word for {word}? {who} repeats it in a letter to {city}.',
    '{who} writes {word} too often about {topic}. Offer a word of like meaning.',
    'Replace {word} with a word that means the same, for the {group} in {city}.',
    'Find a term close in meaning to {word} for the {event} speech of {who}.',
    'Help the {group} with {topic}: name a synonym of {word}.',
  ]),
  lookup('irregular-plural', IRREGULAR_PLURALS, (word, value) => `The plural of ${word} is ${value}.`, [
    'What is the plural of {word}? {who} needs it for {topic}.',
    'Give the plural form of {word} to {who} in {city}.',
    '{who} wrote about one {word} in {city}; name the form for many.',
    'How does the {group} write {word} when there are several at the {event}?',
    'Form the plural of the noun {word} for the {day} class of {who}.',
    'Correct the plural that {who} used for {word} in a report on {topic}.',
  ]),
  lookup('comparative', COMPARATIVES, (word, value) => `The comparative of ${word} is ${value}.`, [
    'What is the comparative of {word} in the text of {who} on {topic}?',
    'Form the comparative of the adjective {word} for {who} from {city}.',
    '{who} compares two things in {city}. Which form of {word} is right?',
    'Complete for the {group}: not just {word}, but even more so, in one word.',
    'Give the second degree of {word}, as {who} learns it at {setting}.',
    'Which form of {word} goes before "than" in the {event} report of {who}?',
  ]),
  lookup('past-form', PAST_TENSE, (word, value) => `The past tense of ${word} is ${value}.`, [
    'What is the past tense of {word} in the diary of {who} on {topic}?',
    'Give the simple past of the verb {word} to {who} in {city}.',
    '{who} tells of last {day} and needs the past form of {word}.',
    'Conjugate {word} in the past for the {group} from {city}.',
    'How does {who} say {word} about yesterday at the {event}?',
    'Name the past form of {word} for a story about {topic}.',
  ]),
  lookup('capital-city', CAPITALS, (word, value) => `The capital of ${word} is ${value}.`, [
    'What is the capital of {word}, where {who} travels for the {event}?',
    'Name the capital city of {word} for the {group} and {who}.',
    '{who} studies {topic} in {word}. Which city is its capital?',
    'In which city does the government of {word} sit, asks {who} from {city}?',
    'Tell {who} from {city} what the capital of {word} is called.',
    'Identify the capital of {word} for the quiz of the {group}.',
  ]),
  lookup('continent', CONTINENTS, (word, value) => `${word} is in ${value}.`, [
    'On which continent is {word}, the home of {who} and the {group}?',
    'Name the continent of {word} for a talk on {topic} in {city}.',
    '{who} from {city} sends a letter to {word}. Which part of the world is that?',
    'Classify {word} by continent for the {event} of the {group}.',
    'Where in the world does {who} find {word}? Give the continent for {topic}.',
    'State the continent that {word} belongs to in the {topic} notes of {who}.',
  ]),
  lookup(
    'purpose-of-thing',
    PURPOSES,
    (word, value) => `It is used to ${value}: that is what the ${word} is for.`,
    [
      'Explain to {who} what the {word} at {setting} is for.',
      'What does {who} use the {word} for at the {event}?',
      'Describe the use of the {word} that {who} bought in {city}.',
      'Why would the {group} in {city} need the {word}? Say it in one sentence.',
      'A child asks {who} in {city} about the {word}. Tell what it does.',
      'Describe in a sentence the purpose of the {word} for readers of {topic}.',
    ],
  ),
];

import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { articleOf, made, oneOf } from '../tasks/slots.ts';
import { QUALITIES } from '../vocabulary/advice.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { GIVEN_NAMES, SURNAMES } from '../vocabulary/people.ts';
import { CITIES, WORKPLACES } from '../vocabulary/places.ts';
import { COUNTABLES, NOUNS } from '../vocabulary/things.ts';
import { EVENTS, TOPICS, WEEKDAYS } from '../vocabulary/topics.ts';

const person = oneOf(GIVEN_NAMES);
const friend = oneOf(GIVEN_NAMES, ['person']);
const subject = oneOf(TOPICS);
const occasion = oneOf(EVENTS);
const things = oneOf(COUNTABLES);
const town = oneOf(CITIES);
const weekday = oneOf(WEEKDAYS);
const adjective = oneOf(ADJECTIVES);
const noun = oneOf(NOUNS);
const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Short texts after a fixed rule: letters, notices, titles, slogans, small stories. */
export const writing: readonly TaskFamily[] = [
  defineFamily({
    name: 'thank-you-note',
    weight: 2.5,
    phrasings: [
      'Write a thank-you note from {person} to {friend} for the {things}.',
      '{friend} sent {person} some {things} from {city}. Compose a note of thanks.',
      'Help {person} to thank {friend} for {things} after the {event}.',
      'Draft a short letter in which {person} thanks {friend} for the {things}.',
      'Generate a card of thanks: {things}, to {friend}, from {person} in {city}.',
      'How might {person} of the {group} thank {friend} in writing for {things}?',
    ],
    slots: { person, friend, things },
    answer: ({ person, friend, things }) =>
      `Dear ${friend}, thank you very much for the ${things}. I like them a lot. Yours, ${person}`,
  }),
  defineFamily({
    name: 'invitation',
    weight: 2.5,
    phrasings: [
      'Write an invitation from {person} to {friend} for the {occasion} on {weekday}.',
      'Compose a message in which {person} asks {friend} to the {occasion} this {weekday}.',
      '{person} wants {friend} to come to the {occasion} on {weekday}. Draft the text.',
      'Generate a short invitation: {occasion}, {weekday}, to {friend}, from {person}.',
      'On {weekday} there is the {occasion} in {city}. Invite {friend} in the name of {person}.',
      'Create a friendly line that calls {friend} to the {occasion} of {person} on {weekday}.',
    ],
    slots: { person, friend, occasion, weekday },
    answer: ({ person, friend, occasion, weekday }) =>
      `Dear ${friend}, please come to the ${occasion} on ${weekday}. I would be glad to see you. Yours, ${person}`,
  }),
  defineFamily({
    name: 'email-subject',
    weight: 2.5,
    phrasings: [
      'Suggest a subject line for a mail by {who} about {subject} on {weekday}.',
      'What should the mail on {subject} for {weekday} be called, {who} asks?',
      'Write the subject of an e-mail: {subject}, meeting on {weekday}, to the {group}.',
      'Create a clear subject line for {who} on {subject} and the {weekday} talk.',
      '{who} invites the {group} to discuss {subject} on {weekday}. Name the subject line.',
      'Generate the heading of a mail on {subject} that {setting} sends for {weekday}.',
    ],
    slots: { subject, weekday },
    answer: ({ subject, weekday }) => `${capitalised(subject)}: meeting on ${weekday}`,
  }),
  defineFamily({
    name: 'out-of-office',
    weight: 2.5,
    phrasings: [
      'Write an absence note for {person} until {weekday}; {friend} helps meanwhile.',
      '{person} is away until {weekday}. Draft the automatic reply that names {friend}.',
      'Compose an out-of-office reply: {person} returns on {weekday}, {friend} stands in.',
      'Help {person} of the {group} to say that {friend} answers mail until {weekday}.',
      'Generate the holiday message of {person} from {city}: back {weekday}, ask {friend}.',
      'What reply should go out while {person} is in {city} until {weekday} and {friend} takes over?',
    ],
    slots: { person, friend, weekday },
    answer: ({ person, friend, weekday }) =>
      `Thank you for your mail. I am away until ${weekday}. Please write to ${friend} instead. Best wishes, ${person}`,
  }),
  defineFamily({
    name: 'slogan',
    weight: 2.5,
    phrasings: [
      'Generate a slogan for {place} in {town} that is known to be {quality}.',
      'Suggest an advertising line: {place}, {town}, {quality}.',
      'Write a motto for {place} in {town} with the word {quality} for {who}.',
      'How could {place} from {town} praise itself as {quality}, {who} asks?',
      '{who} opens {place} in {town}. Invent a slogan that says {quality}.',
      'Create a catchy line that calls {place} of {town} {quality} at the {event}.',
    ],
    slots: {
      place: oneOf(WORKPLACES.map((kind) => `${articleOf(kind)} ${kind}`)),
      town,
      quality: oneOf(QUALITIES),
    },
    answer: ({ place, town, quality }) =>
      `The most ${quality} ${place.replace(/^an? /, '')} in ${town}: come and see!`,
  }),
  defineFamily({
    name: 'essay-title',
    weight: 2.5,
    phrasings: [
      'Suggest a title for an essay by {who} on {subject} in {town}.',
      'What may {who} call a report about {subject} in {town}?',
      'Give a heading to the {group} article on {subject} in {town}.',
      'Create the title of a talk on {subject} in {town} for the {event}.',
      'Name a book on {subject} in {town} that {setting} sells.',
      '{who} wrote about {subject} in {town}. Propose a title for the {group}.',
    ],
    slots: { subject, town },
    answer: ({ subject, town }) => `${capitalised(subject)} in ${town}: A Closer Look`,
  }),
  defineFamily({
    name: 'interview-question',
    weight: 2.5,
    phrasings: [
      'Write a question that {who} can put to {person} about {subject}.',
      'Prepare an interview with {person} on {subject} for the {group}: one question.',
      'What might {who} ask {person} on the subject of {subject}?',
      'Formulate a question on {subject} for {person}, guest of the {event}.',
      'Generate one question for {person} of {setting} about {subject}.',
      'The {group} meets {person}. Suggest what to ask on {subject}.',
    ],
    slots: { person, subject },
    answer: ({ person, subject }) => `${person}, what first made you interested in ${subject}?`,
  }),
  defineFamily({
    name: 'story-opening',
    weight: 2.5,
    phrasings: [
      'Write the first sentence of a story about {person}, a {adjective} {noun} and {town}.',
      'Begin a tale in {town} where {person} finds a {adjective} {noun}.',
      'Create an opening line with {person}, {town} and a {adjective} {noun} for {who}.',
      '{who} tells of {person} in {town} and a {adjective} {noun}. Start the story.',
      'Imagine that {person} from {town} has a {adjective} {noun}. Give the opening sentence for the {group}.',
      'Compose the beginning of a story for the {event}: {person}, {town}, a {adjective} {noun}.',
    ],
    slots: { person, town, adjective: oneOf(ADJECTIVES.filter((word) => articleOf(word) === 'a')), noun },
    answer: ({ person, town, adjective, noun }) =>
      `One morning in ${town}, ${person} found a ${adjective} ${noun} at the door.`,
  }),
  defineFamily({
    name: 'notice',
    weight: 2.5,
    phrasings: [
      'Write a notice for {who}: {adjective} {noun} lost in {town}.',
      '{who} lost a {noun} in {town}; it is {adjective}. Draft the poster text.',
      'Compose a lost-property notice about the {adjective} {noun} from {town} for the {group}.',
      'Make a short announcement: missing in {town}, {adjective} {noun}, ask at {setting}.',
      'Help {who} to find the {adjective} {noun} that went missing in {town}: write a notice.',
      'Generate the wording of a sign on a lost {noun}, {adjective}, seen last in {town}.',
    ],
    slots: { adjective, noun, town },
    answer: ({ adjective, noun, town }) =>
      `Lost in ${town}: ${articleOf(adjective)} ${adjective} ${noun}. Please help us to find it.`,
  }),
  defineFamily({
    name: 'alliteration',
    weight: 2.5,
    phrasings: [
      'Describe {person} with an adjective and a noun that both start with {letter}: {first}, {second}.',
      'Make an alliteration of {first}, {second} and {person} for {who}.',
      'Write a sentence in which {person} sees a {first} {second} at the {event}.',
      'Use {first} and {second} in one sentence about {person} for the {group}.',
      'Combine the words {first} and {second} with {person} in a line on {topic}.',
      '{who} needs a sentence with {person}, {first} and {second} in {city}.',
    ],
    slots: {
      person,
      first: oneOf(ADJECTIVES.filter((word) => articleOf(word) === 'a')),
      second: made('[a-z]+', (random, { first = '' }) =>
        random.pick(NOUNS.filter((word) => word[0] === first[0])),
      ),
      letter: made('[a-z]', (_, { first = '' }) => first.charAt(0)),
    },
    answer: ({ person, first, second }) =>
      first[0] === second[0] ? `${person} sees a ${first} ${second}.` : null,
  }),
  defineFamily({
    name: 'sign-off',
    weight: 2.5,
    phrasings: [
      'How should {person} {family} end a formal letter to {setting}?',
      'Write the closing of the letter in which {person} {family} applies to {setting}.',
      'Add a formal ending with the name {person} {family} to the mail about {topic}.',
      '{person} {family} writes officially to the {group}. Give the last line.',
      'Complete the business letter of {person} {family} on {topic} with a sign-off.',
      'Suggest how {person} {family} signs the application to the {group}.',
    ],
    slots: { person, family: oneOf(SURNAMES) },
    answer: ({ person, family }) => `Yours faithfully, ${person} ${family}`,
  }),
  defineFamily({
    name: 'apology',
    weight: 2.5,
    phrasings: [
      'Write an apology from {person} to {friend} for missing the {occasion}.',
      '{person} forgot the {occasion} of {friend} in {city}. Compose an excuse.',
      'Help {person} to say sorry to {friend} because of the {occasion}.',
      'Draft the message in which {person} apologises to {friend} about the {occasion}.',
      'How can {person} of the {group} apologise to {friend} for not coming to the {occasion}?',
      'Generate a short apology: {occasion} missed, to {friend}, from {person}.',
    ],
    slots: { person, friend, occasion },
    answer: ({ person, friend, occasion }) =>
      `Dear ${friend}, I am sorry that I missed the ${occasion}. It will not happen again. Yours, ${person}`,
  }),
];

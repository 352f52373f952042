import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { articleOf, made, oneOf, withArticle } from '../tasks/slots.ts';
import { QUALITIES } from '../vocabulary/advice.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { GIVEN_NAMES, SURNAMES } from '../vocabulary/people.ts';
import { CITIES, WORKPLACES } from '../vocabulary/places.ts';
import { COUNTABLES, NOUNS, OBJECTS } from '../vocabulary/things.ts';
import { EVENTS, TOPICS, WEEKDAYS } from '../vocabulary/topics.ts';

const person = oneOf(GIVEN_NAMES);
const friend = oneOf(GIVEN_NAMES, ['person']);
const subject = oneOf(TOPICS);
const occasion = oneOf(EVENTS);
const things = oneOf(COUNTABLES);
const town = oneOf(CITIES);
const weekday = oneOf(WEEKDAYS);
const adjective = oneOf(ADJECTIVES);
const noun = oneOf(OBJECTS);
const place = withArticle(WORKPLACES);
const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Short texts after a fixed rule: letters, notices, titles, slogans, small stories. */
export const writing: readonly TaskFamily[] = [
  defineFamily({
    name: 'thank-you-note',
    weight: 2,
    phrasings: [
      'Thank {friend} for the {things}. I am {person}.',
      'Write to {friend}: thanks for the {things}, {person}',
      'Card to {friend}: thanks for {things}, {person}',
      'A card from {person} that thanks {friend} for {things}, please.',
      '{person} got {things} from {friend}. Write the thanks.',
      'Help {person} thank {friend} for {things}.',
    ],
    slots: { person, friend, things },
    answer: ({ person, friend, things }) =>
      `Dear ${friend}, thank you very much for the ${things}. I like them a lot. Yours, ${person}`,
    told: ({ person, friend, things }, answer) => [
      `${person} was happy about the ${things} and wrote: ${answer}`,
      `${friend} had sent ${things} to ${person}.`,
    ],
  }),
  defineFamily({
    name: 'invitation',
    weight: 2,
    phrasings: [
      'Invite {friend} to the {occasion} on {weekday}. My name is {person}.',
      'Ask {friend} to come to the {occasion} this {weekday}. Sign as {person}.',
      'Write an invitation from {person} to {friend}: {occasion}, {weekday}',
      '{person} wants {friend} at the {occasion} on {weekday}. Invite them.',
      'Our {occasion} is on {weekday}. Write to {friend}, from {person}.',
      'Invitation for {friend}, please: {occasion}, {weekday}, signed {person}',
    ],
    slots: { person, friend, occasion, weekday },
    answer: ({ person, friend, occasion, weekday }) =>
      `Dear ${friend}, please come to the ${occasion} on ${weekday}. I would be glad to see you. Yours, ${person}`,
    told: ({ friend, occasion, weekday, person }) => [
      `${person} invited ${friend} to the ${occasion} on ${weekday}.`,
      `On ${weekday}, ${friend} went to the ${occasion} of ${person}.`,
    ],
  }),
  defineFamily({
    name: 'email-subject',
    phrasings: [
      'Subject line for a mail on {subject}, meeting {weekday}?',
      'Mail on {subject}, {weekday}: which subject line?',
      'Suggest a subject line: {subject}, {weekday}',
      'My mail is about {subject} and our talk on {weekday}. Give it a subject line.',
      'Name my mail about {subject} on {weekday}.',
      'E-mail heading for {weekday}, topic {subject}, please.',
    ],
    slots: { subject, weekday },
    answer: ({ subject, weekday }) => `${capitalised(subject)}: meeting on ${weekday}`,
    told: ({ subject, weekday }, answer) => [
      `The subject of the mail was "${answer}".`,
      `There was a meeting about ${subject} on ${weekday}.`,
    ],
  }),
  defineFamily({
    name: 'out-of-office',
    weight: 1.5,
    phrasings: [
      'I, {person}, fly to {town} until {weekday}. Tell people to ask {friend}.',
      'Out-of-office note: {person}, back {weekday}, ask {friend}',
      'Absence note: {person}, {town}, until {weekday}; {friend} helps',
      'Holiday mail for {person}: {town}, back {weekday}, {friend} helps',
      'Auto-reply for {person}: gone until {weekday}, {friend} takes over',
      '{person} is in {town} until {weekday} and {friend} covers. Auto-reply?',
    ],
    slots: { person, friend, weekday, town },
    answer: ({ person, friend, weekday }) =>
      `Thank you for your mail. I am away until ${weekday}. Please write to ${friend} instead. Best wishes, ${person}`,
    told: ({ person, friend, weekday }) => [
      `${person} was away until ${weekday}, and ${friend} read the mail.`,
    ],
  }),
  defineFamily({
    name: 'slogan',
    weight: 2,
    phrasings: [
      'Write a slogan for {place} in {town}. It is {quality}.',
      'I run {place} in {town}. Give me a slogan with "{quality}".',
      'Slogan for a {quality} business, {place} in {town}?',
      'How can {place} from {town} say that it is {quality}?',
      'Advertise {place} in {town} as {quality}.',
      'We open {place} in {town}. Any catchy line? We are {quality}.',
    ],
    slots: {
      place,
      town,
      quality: oneOf(QUALITIES),
    },
    answer: ({ place, town, quality }) =>
      `The ${quality} ${place.replace(/^an? /, '')} of ${town}: come and see!`,
    told: ({ place, town, quality }) => [
      `In ${town} there is ${place} that everybody calls ${quality}.`,
      `A sign read: the ${quality} ${place.replace(/^an? /, '')} of ${town}.`,
    ],
  }),
  defineFamily({
    name: 'essay-title',
    weight: 1.5,
    phrasings: [
      'Title for my essay on {subject} in {town}?',
      'A name for my report on {subject}, {town}?',
      'Title for a talk on {subject} in {town}?',
      'Talk about {subject} in {town}: what title?',
      'Name my report on {subject} in {town}.',
      'A book title, please: {subject}, {town}',
    ],
    slots: { subject, town },
    answer: ({ subject, town }) => `${capitalised(subject)} in ${town}: A Closer Look`,
    told: ({ subject, town }, answer) => [
      `The book "${answer}" is about ${subject}.`,
      `Many people in ${town} talk about ${subject}.`,
    ],
  }),
  defineFamily({
    name: 'interview-question',
    phrasings: [
      'What could I ask {person} about {subject}?',
      'I interview {person} on {subject}. Give me a question.',
      'One question for {person} about {subject}, please.',
      'Ask {person} something about {subject}.',
      'Think of a question on {subject} for our guest {person}.',
      'We meet {person} tomorrow. Write a question about {subject}.',
    ],
    slots: { person, subject },
    answer: ({ person, subject }) => `${person}, what first made you interested in ${subject}?`,
    told: ({ person, subject }) => [
      `${person} has been interested in ${subject} for many years.`,
      `People came to hear ${person} speak about ${subject}.`,
    ],
  }),
  defineFamily({
    name: 'story-opening',
    weight: 2,
    phrasings: [
      'Begin a story about {person} and {article} {adjective} {noun} in {town}.',
      'Write the first sentence of a story: {person}, {town}, {article} {adjective} {noun}',
      '{person} finds {article} {adjective} {noun} in {town}. Start the tale.',
      'A story needs an opening line with {person}, {town} and {article} {adjective} {noun}.',
      'Tell me how it begins when {person} from {town} gets {article} {adjective} {noun}.',
      'Once more about {person}: {town}, {article} {adjective} {noun}, first sentence only.',
    ],
    slots: {
      person,
      town,
      adjective,
      article: made('an?', (_, { adjective = '' }) => articleOf(adjective)),
      noun,
    },
    answer: ({ person, town, adjective, noun }) =>
      `One morning in ${town}, ${person} found ${articleOf(adjective)} ${adjective} ${noun} at the door.`,
    told: ({ person, adjective, noun }, answer) => [
      answer,
      `${person} kept the ${adjective} ${noun} for years.`,
    ],
  }),
  defineFamily({
    name: 'notice',
    weight: 1.5,
    phrasings: [
      'I lost my {adjective} {noun} in {town}. Write a notice.',
      '{adjective} {noun} lost in {town}: write a notice',
      'Notice, please: {adjective} {noun} lost in {town}',
      'My {adjective} {noun} is gone, {town}. Notice, please.',
      'My {noun} is gone. It is {adjective}. Where? In {town}. Make a sign for it.',
      'The {adjective} {noun} went missing in {town}. What do I put on the notice board?',
      'Lost-property note for {town}: {noun}, {adjective}',
    ],
    slots: { adjective, noun, town },
    answer: ({ adjective, noun, town }) =>
      `Lost in ${town}: ${articleOf(adjective)} ${adjective} ${noun}. Please help us to find it.`,
    told: ({ adjective, noun, town }) => [
      `Somebody lost ${articleOf(adjective)} ${adjective} ${noun} in ${town}.`,
      `The ${adjective} ${noun} was found again in ${town}.`,
    ],
  }),
  defineFamily({
    name: 'alliteration',
    phrasings: [
      'Make a sentence with {person}, {first} and {second}.',
      'Use {first} and {second} in a sentence about {person}.',
      'An alliteration with {person}, {first}, {second}, please.',
      'A sentence in which {person} sees a {first} {second}?',
      'Combine {person}, {first}, {second} into one line.',
      'My son learns the letter {letter}. Make a line with {person}, {first}, {second}.',
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
    told: ({ first, second }, answer) => [answer, `The words ${first} and ${second} begin alike.`],
  }),
  defineFamily({
    name: 'sign-off',
    phrasings: [
      'How should {person} {family} end a formal letter?',
      'Letter ending, formal: {person} {family}',
      'Close my letter formally. I am {person} {family}.',
      'Formal ending for {person} {family}, please.',
      'I, {person} {family}, apply at {place} in {town}. Close my letter.',
      '{person} {family} writes to {place} in {town}. Formal ending?',
      'Sign off formally as {person} {family}.',
    ],
    slots: { person, family: oneOf(SURNAMES), place, town },
    answer: ({ person, family }) => `Yours faithfully, ${person} ${family}`,
    told: (_, answer) => [`The letter ended with "${answer}".`],
  }),
  defineFamily({
    name: 'apology',
    weight: 2,
    phrasings: [
      'Apologise to {friend}, {occasion} missed. I am {person}.',
      'I forgot the {occasion} of {friend}. Write that I am sorry, {person}.',
      'Write an apology from {person} to {friend} about the {occasion}.',
      'How can {person} say sorry to {friend} for not coming to the {occasion}?',
      'Sorry note: {occasion} missed, for {friend}, from {person}',
      '{person} slept through the {occasion}. What to write to {friend}?',
    ],
    slots: { person, friend, occasion },
    answer: ({ person, friend, occasion }) =>
      `Dear ${friend}, I am sorry that I missed the ${occasion}. It will not happen again. Yours, ${person}`,
    told: ({ person, friend, occasion }) => [`${person} missed the ${occasion} and said sorry to ${friend}.`],
  }),
];

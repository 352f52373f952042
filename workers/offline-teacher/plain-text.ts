import type { Random } from './tasks/random.ts';
import { articleOf, integer, oneOf, withArticle } from './tasks/slots.ts';
import { drawFamily } from './tasks/tasks.ts';
import { drawValues, fillSlots } from './tasks/template.ts';
import { ADJECTIVES } from './vocabulary/language.ts';
import { GIVEN_NAMES, OCCUPATIONS } from './vocabulary/people.ts';
import { CITIES, WORKPLACES } from './vocabulary/places.ts';
import { ENDINGS, MIDDLES, OPENINGS } from './vocabulary/stories.ts';
import { COUNTABLES, KINDS, OBJECTS } from './vocabulary/things.ts';
import { EVENTS, MONTHS, TOPICS, WEEKDAYS } from './vocabulary/topics.ts';

/**
 * Whether tasks of a family are held out that have this answer, or have it among those to several words: then nothing is
 * told of them.
 */
export type IsHeldOut = (family: string, output: string) => boolean;

const SHARE_OF_STORIES = 0.25;

/**
 * A paragraph of what the offline teacher's world knows, as plain text to learn from before there are instructions: statements
 * of its English families, or a small story of its people. None asks or orders anything. It is a function of `random`
 * and of what is held out.
 */
export function plainText(random: Random, isHeldOut: IsHeldOut = () => false): string {
  return random.chance(SHARE_OF_STORIES) ? story(random) : statements(random, isHeldOut);
}

/** Half of these paragraphs are of one kind of knowledge. */
function statements(random: Random, isHeldOut: IsHeldOut): string {
  const one = random.chance(0.5) ? drawFamily(random, 'en') : null;
  const told: string[] = [];
  const most = random.integer(3, 7);
  for (let draw = 0; told.length < most && draw < MOST_DRAWS; draw += 1) {
    const family = one ?? drawFamily(random, 'en');
    const { sentences, output } = family.tell(random);
    if (sentences.length > 0 && !isHeldOut(family.name, output)) told.push(random.pick(sentences));
  }
  return told.length === 0 ? story(random) : told.join(' ');
}

/** A family may have nothing to tell, or have all of it held out. */
const MOST_DRAWS = 50;

function story(random: Random): string {
  const values = drawValues(SLOTS, random);
  const middles = random.sample(MIDDLES, random.integer(2, 4));
  return [random.pick(OPENINGS), ...middles, random.pick(ENDINGS)]
    .map((sentence) => fillSlots(sentence, values))
    .join(' ');
}

const startsWithConsonant = (word: string) => articleOf(word) === 'a';

const SLOTS = {
  person: oneOf(GIVEN_NAMES),
  friend: oneOf(GIVEN_NAMES, ['person']),
  other: oneOf(GIVEN_NAMES, ['person', 'friend']),
  town: oneOf(CITIES),
  otherTown: oneOf(CITIES, ['town']),
  trade: withArticle(OCCUPATIONS),
  otherTrade: withArticle(OCCUPATIONS),
  place: withArticle(WORKPLACES),
  event: oneOf(EVENTS),
  topic: oneOf(TOPICS),
  things: oneOf(COUNTABLES),
  noun: oneOf(OBJECTS.filter(startsWithConsonant)),
  adjective: oneOf(ADJECTIVES),
  animal: oneOf(KINDS.animal ?? []),
  fruit: oneOf((KINDS.fruit ?? []).filter(startsWithConsonant)),
  otherFruit: oneOf((KINDS.fruit ?? []).filter(startsWithConsonant), ['fruit']),
  weekday: oneOf(WEEKDAYS),
  month: oneOf(MONTHS),
  a: integer(3, 30),
  b: integer(3, 30),
};

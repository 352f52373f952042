import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import { FIGURES, LISTS, OWN_FIGURES, OWN_LISTS, OWN_TEXTS, REASONS, TEXTS } from '../vocabulary/requests.ts';
import { EVENTS, TOPICS, WEEKDAYS } from '../vocabulary/topics.ts';
import { made, oneOf, type Slot } from './slots.ts';

/** Why somebody wants a short answer, in a sentence of its own. */
export const why = oneOf(REASONS);

/** What is given in the input, as the person who gives it calls it: a text, a list of things, numbers. */
export const text = called(TEXTS, OWN_TEXTS);
export const things = called(LISTS, OWN_LISTS);
export const figures = called(FIGURES, OWN_FIGURES);

/** One of `names`, or somebody's: "Ada's postcard from Lyon". */
function called(names: readonly string[], kinds: readonly string[]): Slot {
  return made("[A-Za-z][A-Za-z' -]*?", (random) => {
    if (random.chance(0.4)) return random.pick(names);
    const owner = `${random.pick(GIVEN_NAMES)}'s ${random.pick(kinds)}`;
    return random.pick([
      `${owner} from ${random.pick(CITIES)}`,
      `${owner} for the ${random.pick(EVENTS)}`,
      `${owner} about ${random.pick(TOPICS)}`,
      `${owner} of ${random.pick(WEEKDAYS)}`,
    ]);
  });
}

import { GIVEN_NAMES } from '../vocabulary/people.ts';
import { CITIES } from '../vocabulary/places.ts';
import * as requests from '../vocabulary/requests.ts';
import { EVENTS, WEEKDAYS } from '../vocabulary/topics.ts';
import { made, oneOf, type Slot } from './slots.ts';

/** Why somebody wants a short answer, in a sentence of its own. */
export const why = oneOf(requests.REASONS);

/** What is given in the input, as whoever gives it calls it. */
export const text = called(requests.TEXTS, requests.OWN_TEXTS);
export const message = called(requests.MESSAGES, requests.OWN_MESSAGES);
export const opinion = called(requests.OPINIONS, requests.OWN_OPINIONS);
export const record = called(requests.RECORDS, requests.OWN_RECORDS);
export const things = called(requests.LISTS, requests.OWN_LISTS);
export const figures = called(requests.FIGURES, requests.OWN_FIGURES);

/** One of `names`, or somebody's: "Ada's postcard from Lyon". */
function called(names: readonly string[], kinds: readonly string[]): Slot {
  return made("[A-Za-z][A-Za-z' -]*?", (random) => {
    if (random.chance(names.length / 100)) return random.pick(names);
    const owner = `${random.pick(GIVEN_NAMES)}'s ${random.pick(kinds)}`;
    return random.pick([
      `${owner} from ${random.pick(CITIES)}`,
      `${owner} for the ${random.pick(EVENTS)}`,
      `${owner} of last ${random.pick(WEEKDAYS)}`,
    ]);
  });
}

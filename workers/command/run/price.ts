import { AlpacaError } from '../../../activities/errors.ts';
import { isFree, parsePrice } from '../../../activities/teacher/profile/prices.ts';
import {
  priceOf,
  priceVariable,
  type TeacherProfiles,
} from '../../../activities/teacher/profile/profiles.ts';
import { localProfiles } from '../../runs/estimate.ts';
import { UsageError } from '../outcome.ts';

/**
 * Takes `--price IN,OUT` as if the variable of the paid teacher's price were set: for this process and for
 * the workers that it starts. Of several teachers it is the one without a price; where all have one, the one that costs.
 *
 * @param teachers the profiles that the command asks; the offline one is free
 * @returns the variable; null where no price was given
 * @param load the profiles, which are looked at where several teachers are asked
 * @throws UsageError where it is no price, or does not say of which teacher
 */
export async function statePrice(
  price: string | undefined,
  teachers: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  load: () => Promise<TeacherProfiles> = () => localProfiles(null),
): Promise<string | null> {
  if (price === undefined) return null;
  checkPrice(price);
  const asked = [...new Set(teachers)].filter((name) => name !== 'offline');
  const paid = asked.length > 1 ? meantOf(asked, await load()) : asked;
  const [teacher] = paid;
  if (teacher === undefined)
    throw new UsageError('--price is what a paid teacher costs, and none is asked: leave it out.');
  if (paid.length > 1)
    throw new UsageError(
      `--price is of one teacher, and ${paid.join(' and ')} are asked: set ${paid.map(priceVariable).join(' and ')} in its place.`,
    );
  const variable = priceVariable(teacher);
  env[variable] = price;
  return variable;
}

function meantOf(asked: readonly string[], profiles: TeacherProfiles): readonly string[] {
  const known = asked.filter((name) => profiles.names.includes(name));
  const unpriced = known.filter((name) => profiles.get(name).price === null);
  if (unpriced.length > 0) return unpriced;
  const costly = known.filter((name) => !isFree(priceOf(profiles.get(name))));
  return costly.length > 0 ? costly : asked;
}

function checkPrice(price: string): void {
  try {
    parsePrice(price, '--price');
  } catch (error) {
    throw error instanceof AlpacaError ? new UsageError(error.message) : error;
  }
}

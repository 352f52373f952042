import { AlpacaError } from '../../../activities/errors.ts';
import { parsePrice } from '../../../activities/teacher/profile/prices.ts';
import { priceVariable } from '../../../activities/teacher/profile/profiles.ts';
import { UsageError } from '../outcome.ts';

export const PRICE_OPTION = [
  '--price <in,out>',
  'dollars per million input and output tokens of the paid teacher, over what the price table has',
] as const;

/**
 * Takes `--price IN,OUT` as if the variable of the paid teacher's price were set: for this process and for
 * the workers that it starts.
 *
 * @param teachers the profiles that the command asks; the offline one is free
 * @returns the variable; null where no price was given
 * @throws UsageError where it is no price, or does not say of which teacher
 */
export function statePrice(
  price: string | undefined,
  teachers: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string | null {
  if (price === undefined) return null;
  checkPrice(price);
  const paid = [...new Set(teachers)].filter((name) => name !== 'offline');
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

function checkPrice(price: string): void {
  try {
    parsePrice(price, '--price');
  } catch (error) {
    throw error instanceof AlpacaError ? new UsageError(error.message) : error;
  }
}

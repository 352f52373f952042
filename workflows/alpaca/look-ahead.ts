import { processing } from '../activity-bounds.ts';
import type { AlpacaInput } from '../contracts/pipeline.ts';
import { checkEngine } from './engine-check.ts';
import { withFetched } from './fetch-from-hub.ts';

/**
 * Looks at what later steps need before anything is paid, and fetches what the input names at the hub.
 *
 * @param patiently has an activity done again until it succeeds
 * @returns the input with what it names at the hub in the store
 */
export async function lookAhead(
  given: AlpacaInput,
  patiently: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Promise<AlpacaInput> {
  const input = await withFetched(given, patiently);
  const { checkInput } = processing('look at what later steps need');
  await patiently(() => checkInput(input));
  await patiently(() => checkEngine(input.train));
  return input;
}

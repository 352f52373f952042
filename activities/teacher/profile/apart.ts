import { AlpacaError } from '../../errors.ts';
import type { TeacherProfiles } from './profiles.ts';

/**
 * Two endpoints that call their models by one name have one place in the ledger: what the first answered would be taken
 * for the second's, which is never asked.
 *
 * @throws AlpacaError Configuration naming both, where their answers are to be compared
 */
export function requireApart(names: readonly string[], profiles: TeacherProfiles): void {
  const byModel = new Map<string, { name: string; baseUrl: string }>();
  for (const name of names) {
    const { model, baseUrl } = profiles.get(name);
    const other = byModel.get(model);
    if (other && other.baseUrl !== baseUrl)
      throw new AlpacaError(
        'Configuration',
        `The answers of the teachers "${other.name}" and "${name}" cannot be told apart: both call their model ${model}, at ${other.baseUrl} and ${baseUrl}.`,
        {
          remedy: 'Give one of them another "model" in its profile: a server with one model takes any name.',
        },
      );
    byModel.set(model, { name, baseUrl });
  }
}

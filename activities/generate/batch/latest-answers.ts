import { emptinessOf } from '../../teacher/answer/emptiness.ts';
import type { GenerationRun } from '../generation-run.ts';
import { type PromptPlace, placesOf } from './places.ts';

/** What came for one prompt, as far as another job is decided by it. */
interface Latest {
  time: string;
  paidBy: string;
  /** it has no text, or could not be read */
  isEmpty: boolean;
}

/** So many prompts are looked at, and so many requests before them. */
const LOOKED_AT = 16;
const LOOKED_BACK = 100;

/** What came for prompts that are still missing, and for those before them: what the ledger has and knows of the nearest. */
export async function latestAnswers(missing: readonly PromptPlace[], run: GenerationRun): Promise<Latest[]> {
  const [first] = missing;
  if (first === undefined) return [];
  const latest: Latest[] = [];
  for (const place of missing.slice(0, LOOKED_AT)) latest.push(...(await cameFor(place, run)));
  const enough = latest.length + LOOKED_AT;
  const from = Math.max(0, first.request - LOOKED_BACK);
  for (let request = first.request; request >= from && latest.length < enough; request -= 1) {
    const places = placesOf({ firstRequest: request, requests: 1, asking: 0 }, run);
    const before = places.filter(({ prompt }) => request < first.request || prompt < first.prompt);
    for (const place of before.reverse()) latest.push(...(await cameFor(place, run)));
  }
  return latest;
}

/** Whether most of the answers that the newest asking brought have no text: one request shows then whether it is over. */
export function isNewestEmpty(latest: readonly Latest[]): boolean {
  const [newest] = latest.toSorted((one, other) => other.time.localeCompare(one.time));
  const together = latest.filter(({ paidBy }) => paidBy === newest?.paidBy);
  return countEmpty(together) > together.length / 2;
}

export function countEmpty(latest: readonly Latest[]): number {
  return latest.filter(({ isEmpty }) => isEmpty).length;
}

async function cameFor({ key }: PromptPlace, { ledger, profile }: GenerationRun): Promise<Latest[]> {
  const entry = await ledger.read(key);
  if (entry?.outcome === 'answered') return [{ ...entry, isEmpty: emptinessOf(entry, profile) !== null }];
  if (entry !== null) return [];
  const last = (await ledger.intents(key)).findLast(({ closed }) => closed?.startsWith('TeacherMalformed'));
  return last ? [{ ...last, isEmpty: true }] : [];
}

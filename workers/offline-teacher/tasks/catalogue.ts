import { languageNames } from '../../../activities/artifacts/languages/language-folder.ts';
import { advice } from '../families/advice.ts';
import { arithmetic } from '../families/arithmetic.ts';
import { classification } from '../families/classification.ts';
import { conversion } from '../families/conversion.ts';
import { correction } from '../families/correction.ts';
import { dates } from '../families/dates.ts';
import { formatting } from '../families/formatting.ts';
import { familiesOf } from '../families/from-folder.ts';
import { lists } from '../families/lists.ts';
import { quantities } from '../families/quantities.ts';
import { reading } from '../families/reading.ts';
import { rewriting } from '../families/rewriting.ts';
import { translation } from '../families/translation.ts';
import { unknown } from '../families/unknown.ts';
import { wordplay } from '../families/wordplay.ts';
import { words } from '../families/words.ts';
import { writing } from '../families/writing.ts';
import type { TaskFamily } from './family.ts';

/**
 * Every family of tasks, in the order in which a text is matched against them. Those of languages are read when first needed: a
 * folder that is wrong concerns whoever asks for rows, and no other command.
 */
export function allFamilies(): readonly TaskFamily[] {
  families ??= [...FAMILIES, ...languageNames().flatMap(familiesOf)];
  return families;
}

let families: readonly TaskFamily[] | undefined;

/** Those that are code. */
const FAMILIES: readonly TaskFamily[] = [
  ...advice,
  ...arithmetic,
  ...classification,
  ...conversion,
  ...correction,
  ...dates,
  ...formatting,
  ...lists,
  ...quantities,
  ...reading,
  ...rewriting,
  ...translation,
  ...unknown,
  ...wordplay,
  ...words,
  ...writing,
];

import type { Family } from '../family.ts';
import { advice } from './advice.ts';
import { arithmetic } from './arithmetic.ts';
import { classification } from './classification.ts';
import { conversion } from './conversion.ts';
import { correction } from './correction.ts';
import { dates } from './dates.ts';
import { formatting } from './formatting.ts';
import { korean } from './korean.ts';
import { lists } from './lists.ts';
import { reading } from './reading.ts';
import { rewriting } from './rewriting.ts';
import { translation } from './translation.ts';
import { wordplay } from './wordplay.ts';
import { words } from './words.ts';
import { writing } from './writing.ts';

/** Every family of tasks, in the order in which a text is matched against them. */
export const FAMILIES: readonly Family[] = [
  ...advice,
  ...arithmetic,
  ...classification,
  ...conversion,
  ...correction,
  ...dates,
  ...formatting,
  ...korean,
  ...lists,
  ...reading,
  ...rewriting,
  ...translation,
  ...wordplay,
  ...words,
  ...writing,
];

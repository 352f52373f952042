import { type NamedClass, namedClass } from '../../../workflows/contracts/data/classes.ts';
import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import { languagesOf, sumOf } from '../../../workflows/contracts/run/shares.ts';
import { perLanguage } from '../../artifacts/languages/per-language.ts';
import { type AskingWords, classWordsOf } from '../../classes/class-words.ts';
import { createClassifier } from '../../classes/classifier.ts';
import { AlpacaError } from '../../errors.ts';

type Settings = NonNullable<RequestSettings['shares']>;

/** A part of a run's rows: of one language, and of one class or of none that is named. */
export interface Cell {
  language: string;
  /** null for the classes that have no share of their own, and where classes have none at all */
  class: NamedClass | null;
  /** of all rows; those of all cells add up to 1 */
  target: number;
}

interface Classified {
  instruction: string;
  input: string;
  /** of what has several */
  language?: string | undefined;
}

/** What a run's rows are to be made of. */
export interface Mix {
  cells: readonly Cell[];
  /** the classes that have a share */
  classes: readonly NamedClass[];
  /** Which cell a row, or a seed task, is in; -1 where it is of another language. */
  cellOf(row: Classified): number;
  /** how a class is asked for in a language; null where classes have no shares */
  askingOf(language: string): AskingWords | null;
}

/**
 * @param language that of a run whose languages have no shares
 * @throws AlpacaError InvalidInput where a language has no words to ask for a class
 */
export function createMix({ languages: given, classes }: Settings, language: string): Mix {
  const languages = languagesOf({ language, languages: given });
  // In the order of all classes, as languages are by name: how shares are written decides nothing.
  const shares = namedClass.options.flatMap((name) => {
    const target = classes?.[name];
    return target === undefined ? [] : [{ class: name, target }];
  });
  const named = shares.map(({ class: name }) => name);
  const parts = [...shares, { class: null, target: Math.max(0, 1 - sumOf(classes ?? {})) }];
  const cells = languages.flatMap((name) =>
    parts.map((part) => ({
      ...{ language: name, class: part.class },
      target: (given?.[name] ?? 1) * part.target,
    })),
  );
  const classifierOf = perLanguage(createClassifier);
  const asking = new Map(languages.map((name) => [name, classes === null ? null : askingWords(name)]));
  return {
    cells,
    classes: named,
    cellOf(row) {
      const of = given === null ? language : row.language;
      if (of === undefined || named.length === 0) return cells.findIndex((cell) => cell.language === of);
      const itsClass = classifierOf(of)(row);
      const found = named.find((name) => name === itsClass) ?? null;
      return cells.findIndex((cell) => cell.language === of && cell.class === found);
    },
    askingOf: (name) => asking.get(name) ?? null,
  };
}

function askingWords(language: string): AskingWords {
  const asking = classWordsOf(language)?.asking;
  if (asking) return asking;
  throw new AlpacaError(
    'InvalidInput',
    `generate.classes: the language "${language}" has no words to ask a teacher for a class.`,
    {
      remedy:
        'Write them as "asking" in classes.json of its folder (docs/languages.md), or leave the classes out.',
    },
  );
}

import type { VerbNoun } from './root-verb.ts';

/** An instruction with the verb and noun that a person read in it. */
export interface LabelledInstruction extends VerbNoun {
  instruction: string;
}

export interface VerbAccuracy {
  instructions: number;
  verbsRight: number;
  /** verb and noun, or that there is no noun */
  bothRight: number;
}

/**
 * How often `rootVerb` reads what a person reads, on the held-out part of
 * test/fixtures/report/verb-nouns.jsonl: 150 seed tasks and rows of the offline teacher, labelled before the
 * rules were written; 50 were looked at while writing them. `npm run bench -- verbs` prints these numbers,
 * and a test holds them to what is measured.
 */
export const MEASURED_ACCURACY: VerbAccuracy = { instructions: 100, verbsRight: 96, bothRight: 89 };

export function measureAccuracy(
  labelled: readonly LabelledInstruction[],
  read: (instruction: string) => VerbNoun,
): VerbAccuracy {
  const answers = labelled.map(({ instruction, verb, noun }) => {
    const found = read(instruction);
    return { verb: found.verb === verb, both: found.verb === verb && found.noun === noun };
  });
  return {
    instructions: labelled.length,
    verbsRight: answers.filter(({ verb }) => verb).length,
    bothRight: answers.filter(({ both }) => both).length,
  };
}

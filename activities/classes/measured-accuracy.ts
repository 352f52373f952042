import { existsSync } from 'node:fs';
import { z } from 'zod';
import { type InstructionClass, instructionClass } from '../../workflows/contracts/data/classes.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { readRows } from '../artifacts/rows.ts';
import { createClassifier } from './classifier.ts';

const labelled = z.strictObject({
  class: instructionClass,
  instruction: z.string().min(1),
  input: z.string(),
});

interface Accuracy {
  instructions: number;
  right: number;
}

export interface MeasuredAccuracy {
  /** the third that the words were not chosen by */
  heldOut: Accuracy;
  tuning: Accuracy;
  /** of all: how many of a class are read as each */
  confusion: { class: InstructionClass; readAs: Partial<Record<InstructionClass, number>> }[];
}

/**
 * Holds the classifier to the shipped instructions, which were labelled before its words were written; every third is
 * held out. Null for a language without any.
 */
export async function measureAccuracy(language: string): Promise<MeasuredAccuracy | null> {
  const path = builtinPath('labelled-classes', language);
  if (!existsSync(path)) return null;
  const classify = createClassifier(language);
  const read = (await readRows(path, labelled)).map((row, index) => ({
    label: row.class,
    readAs: classify(row),
    heldOut: index % 3 === 2,
  }));
  const accuracyOf = (rows: typeof read): Accuracy => ({
    instructions: rows.length,
    right: rows.filter(({ label, readAs }) => label === readAs).length,
  });
  return {
    heldOut: accuracyOf(read.filter(({ heldOut }) => heldOut)),
    tuning: accuracyOf(read.filter(({ heldOut }) => !heldOut)),
    confusion: instructionClass.options.map((name) => {
      const readAs: Partial<Record<InstructionClass, number>> = {};
      for (const row of read) if (row.label === name) readAs[row.readAs] = (readAs[row.readAs] ?? 0) + 1;
      return { class: name, readAs };
    }),
  };
}

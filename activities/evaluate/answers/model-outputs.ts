import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import type { AnswerPair } from '../judge/judge.ts';
import {
  disagrees,
  type JudgedPair,
  type Reading,
  shareOf,
  type Verdict,
  verdictOfBoth,
} from '../winrate/verdict.ts';

/** AlpacaEval's two file forms: a model's answers, and a judge's annotations of pairs of them. */

/** One answer of a model. `input` is ours: AlpacaEval's own files carry it inside the instruction. */
export const modelOutput = z.object({
  dataset: z.string().default(''),
  instruction: z.string().min(1),
  input: z
    .string()
    .nullish()
    .transform((input) => input ?? ''),
  output: z.string(),
  generator: z.string().min(1),
});
export type ModelOutput = z.infer<typeof modelOutput>;

/**
 * One judged pair. `output_1` is the reference (model B), `output_2` the model under evaluation (model A);
 * `preference` runs from 1 (output_1) to 2 (output_2), 1.5 for a tie, null where there is none.
 */
export const annotation = z.object({
  dataset: z.string().default(''),
  instruction: z.string(),
  input: z.string().default(''),
  output_1: z.string(),
  generator_1: z.string(),
  output_2: z.string(),
  generator_2: z.string(),
  annotator: z.string(),
  preference: z.number().nullable(),
  /** the verdict with output_1 shown first and with output_2 shown first, and whether they agree */
  verdicts: z
    .object({ output_1_first: z.string(), output_2_first: z.string(), agree: z.boolean() })
    .optional(),
});
export type Annotation = z.infer<typeof annotation>;

/** The `preference` of an annotation: the mean of the verdicts on it, 2 for A, 1 for B and 1.5 for a tie. */
export function preferenceOf(verdicts: readonly Verdict[]): number {
  return verdicts.reduce((sum, verdict) => sum + (1 + shareOf(verdict)), 0) / verdicts.length;
}

/** A's share in a `preference`: 0 is an old spelling of a tie; null where the pair was not annotated. */
export function shareIn(preference: number | null | undefined): number | null {
  const share = (preference === 0 ? 1.5 : (preference ?? Number.NaN)) - 1;
  return share >= 0 && share <= 1 ? share : null;
}

/** What `winrate` reads of an annotation, A's share of the pair: no more than AlpacaEval itself does. */
export const annotatedShare = z
  .object({ preference: z.number().nullish() })
  .transform(({ preference }) => shareIn(preference));

/** What the length-controlled win rate reads of one. */
export const annotationWithOutputs = z
  .object({
    output_1: z.string(),
    output_2: z.string(),
    generator_1: z.string(),
    generator_2: z.string(),
    preference: z.number().nullish(),
  })
  .transform(({ preference, ...outputs }) => ({ ...outputs, share: shareIn(preference) }));

export interface PairedOutputs extends AnswerPair {
  dataset: string;
  generatorA: string;
  generatorB: string;
}

/**
 * Brings two models' answers to the same instructions together, in the order of the first file.
 *
 * @throws AlpacaError InvalidInput where an instruction is answered twice in a file, or by one model only
 */
export function pairOutputs(a: readonly ModelOutput[], b: readonly ModelOutput[]): PairedOutputs[] {
  const answersB = byInstruction(b, 'the second file');
  const answersA = byInstruction(a, 'the first file');
  const unanswered = [...answersB.keys()].find((key) => !answersA.has(key));
  if (unanswered !== undefined) throw answeredByOne(answersB.get(unanswered)?.instruction ?? '');
  return [...answersA].map(([key, answerA]) => {
    const answerB = answersB.get(key);
    if (!answerB) throw answeredByOne(answerA.instruction);
    return {
      dataset: answerA.dataset,
      instruction: answerA.instruction,
      input: answerA.input,
      answerA: answerA.output,
      answerB: answerB.output,
      generatorA: answerA.generator,
      generatorB: answerB.generator,
    };
  });
}

/** The annotation of one pair, model A in the place of AlpacaEval's model under evaluation. */
export function annotate(pair: PairedOutputs, judged: JudgedPair, annotator: string): Annotation {
  const verdict = verdictOfBoth(judged);
  return {
    dataset: pair.dataset,
    instruction: pair.instruction,
    input: pair.input,
    output_1: pair.answerB,
    generator_1: pair.generatorB,
    output_2: pair.answerA,
    generator_2: pair.generatorA,
    annotator,
    preference: verdict === null ? null : preferenceOf([verdict]),
    verdicts: {
      output_1_first: inFile(judged.bFirst),
      output_2_first: inFile(judged.aFirst),
      agree: verdict !== null && !disagrees(judged),
    },
  };
}

function inFile(reading: Reading): string {
  if (reading === 'A') return 'output_2';
  return reading === 'B' ? 'output_1' : reading;
}

function byInstruction(outputs: readonly ModelOutput[], where: string): Map<string, ModelOutput> {
  const found = new Map<string, ModelOutput>();
  for (const output of outputs) {
    const key = JSON.stringify([output.instruction, output.input]);
    if (found.has(key)) {
      throw new AlpacaError('InvalidInput', `${where} answers "${shorten(output.instruction)}" twice.`, {
        remedy: 'Keep one answer for each instruction.',
      });
    }
    found.set(key, output);
  }
  return found;
}

function answeredByOne(instruction: string): AlpacaError {
  return new AlpacaError('InvalidInput', `Only one of the two models answers "${shorten(instruction)}".`, {
    remedy: 'Compare files that answer the same instructions.',
  });
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

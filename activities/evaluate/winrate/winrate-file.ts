import { readRows } from '../../artifacts/rows.ts';
import { annotatedShare, annotationWithOutputs } from '../answers/model-outputs.ts';
import {
  type LengthControl,
  type LengthControlledWinRate,
  lengthControlledWinRate,
} from './length-controlled/length-controlled.ts';
import { readGamedBaselines, readInstructionDifficulty } from './length-controlled/side-files.ts';
import { type WinRate, winRateOf } from './winrate.ts';

/** The win rate of `output_2` in an annotation file of ours or of AlpacaEval, and how many pairs have no verdict. */
export async function winRateOfFile(path: string): Promise<WinRate & { unjudged: number }> {
  const shares = await readRows(path, annotatedShare);
  const rate = winRateOf(shares);
  return { ...rate, unjudged: shares.length - rate.n };
}

/** Paths of AlpacaEval's side files; null for one that is not given. */
export interface SideFilePaths {
  gamedBaselines: string | null;
  instructionDifficulty: string | null;
}

/**
 * The length-controlled win rate of `output_2`.
 *
 * @throws AlpacaError InvalidInput where the control needs a side file that is not given
 */
export async function lengthControlledWinRateOfFile(
  path: string,
  control: LengthControl,
  { gamedBaselines, instructionDifficulty }: SideFilePaths,
): Promise<LengthControlledWinRate> {
  const annotations = await readRows(path, annotationWithOutputs);
  return lengthControlledWinRate(annotations, control, {
    gamed: gamedBaselines === null ? null : await readGamedBaselines(gamedBaselines),
    difficulty:
      instructionDifficulty === null ? null : await readInstructionDifficulty(instructionDifficulty),
  });
}

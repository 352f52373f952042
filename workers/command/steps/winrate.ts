import type { LengthControl } from '../../../activities/evaluate/winrate/length-controlled/length-controlled.ts';
import {
  lengthControlledWinRateOfFile,
  winRateOfFile,
} from '../../../activities/evaluate/winrate/winrate-file.ts';
import { existing } from '../place.ts';
import type { Terminal } from '../terminal.ts';

export interface WinRateOptions {
  /** true where the option stands alone */
  lengthControlled?: LengthControl | true;
  gamedBaselines?: string;
  instructionDifficulty?: string;
}

/** `alpaca winrate FILE`: of an annotation file of ours or of AlpacaEval; length-controlled on request. */
export async function winrate(named: string, options: WinRateOptions, terminal: Terminal): Promise<void> {
  const path = await existing(named);
  const plain = await winRateOfFile(path);
  const { n, unjudged, winRate, standardError } = plain;
  const left = unjudged === 0 ? '' : `; ${unjudged} without a verdict left out`;
  const text =
    winRate === null || standardError === null
      ? 'no win rate: the file has no pair that was judged'
      : `${winRate.toFixed(2)}% of ${n} (standard error ${standardError.toFixed(2)})${left}`;
  const { lengthControlled: asked, gamedBaselines = null, instructionDifficulty = null } = options;
  if (asked === undefined) {
    terminal.result(plain, text);
    return;
  }
  const control = asked === true ? 'length_controlled_v1' : asked;
  const lengthControlled = await lengthControlledWinRateOfFile(path, control, {
    gamedBaselines,
    instructionDifficulty,
  });
  terminal.result(
    { ...plain, lengthControlled },
    `${text}; length-controlled ${lengthControlled.winRate.toFixed(2)}% ` +
      `(standard error ${lengthControlled.standardError.toFixed(2)})`,
  );
}

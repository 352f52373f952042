import type { TrainResult } from '../../../workflows/contracts/train.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import {
  unreadableText,
  verdictsText,
  winRateText,
  withInterval,
} from '../../../workflows/decisions/screen/win-rate-text.ts';
import type { CardContents } from '../release-contents.ts';

/** What the run measured of its model, as rows of a card's table; none where it did not train or evaluate. */
export function evaluationRows({ run }: Pick<CardContents, 'run'>): [string, string][] {
  const { train, evaluate } = run ?? {};
  if (!train) return [];
  const rows: [string, string][] = [['held-out loss before and after, nats per token', losses(train)]];
  if (!evaluate) return rows;
  const { pairwise, exactMatch, heldOut, base } = evaluate;
  if (heldOut) {
    rows.push(['the same with prompts exchanged', heldOut.lossPromptsExchanged.toFixed(3)]);
    if (heldOut.lossBigram !== null)
      rows.push(['an add-one bigram model of the same targets', heldOut.lossBigram.toFixed(3)]);
  }
  if (base !== null && base.ownFormLoss !== null)
    rows.push(['the base in its own chat template', base.ownFormLoss.toFixed(3)]);
  if (exactMatch) {
    const { right, rows: asked, rate, interval } = exactMatch;
    const percent = withInterval(100 * rate, [100 * interval[0], 100 * interval[1]]);
    rows.push(['exact match on held-out rows', `${right} of ${asked}: ${percent}`]);
  }
  const { judge } = pairwise;
  rows.push([
    `blind comparison with ${baseText({ base })}, judged by ${judge}`,
    `${verdictsText(pairwise)}: ${winRateText(pairwise)}${unreadableText(pairwise)}`,
  ]);
  return rows;
}

function losses({ loss }: TrainResult): string {
  return `${loss.before.toFixed(3)}, ${loss.after.toFixed(3)}`;
}

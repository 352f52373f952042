import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { artifactsOf } from '../manifest.ts';
import { WORDING } from '../wording.ts';
import { writtenTexts } from '../write-release.ts';
import { type Finding, notCheckable, unequal, unless } from './claims.ts';
import type { OpenedRelease } from './opened-release.ts';
import { releasedRows } from './pipeline-run.ts';

/** Cards, datasheet and licence say what the rows and the manifest say: they are written again and compared. */
export async function checkTexts({ folder, manifest, contents }: OpenedRelease): Promise<Finding> {
  if (manifest.wording !== WORDING)
    return notCheckable(`another state of ${manifest.madeWith} worded the cards than this one`);
  const differences: string[] = [];
  const texts = writtenTexts(contents);
  for (const [path, expected] of texts) {
    const found = await readFile(join(folder, path), 'utf8').catch(() => null);
    if (found === null) differences.push(`${path} is missing`);
    else if (found !== expected) differences.push(`${path}, ${firstDifference(found, expected)}`);
  }
  return unless(differences, `${[...texts.keys()].join(', ')} follow from rows and manifest`);
}

function firstDifference(found: string, expected: string): string {
  const [lines, others] = [found.split('\n'), expected.split('\n')];
  const at = lines.findIndex((line, index) => line !== others[index]);
  const index = at === -1 ? lines.length : at;
  return `line ${index + 1} is "${lines[index] ?? ''}", and rows and manifest give "${others[index] ?? ''}"`;
}

/** The run's own figures add up, and agree with the rows. */
export function checkSums({ manifest, contents }: OpenedRelease): Finding {
  const { run } = contents;
  if (!run) return notCheckable('the release is of rows alone, without a run');
  const { generate, dedupe, filter, tokenize, evaluate } = run;
  const pairs: [string, number | null, number | null][] = [];
  if (generate) {
    const { asked, parsed, malformed, filtered, similar, accepted } = generate.yield;
    const dropped = Object.values(filtered).reduce((sum, rows) => sum + rows, 0);
    const ofLast = generate.turns.at(-1)?.yield.accepted ?? accepted;
    pairs.push(
      ['rows asked for', asked, parsed + malformed],
      ['rows parsed', parsed, dropped + similar + accepted],
      ['rows accepted', ofLast, generate.data.rows],
      ['the cost of the run', manifest.run?.costUsd ?? null, generate.costUsd],
    );
    if (dedupe) pairs.push(['rows kept by dedupe', dedupe.data.rows, ofLast - dedupe.rejected.rows]);
  }
  if (filter) {
    const dropped = Object.values(filter.droppedBy).reduce((sum, rows) => sum + rows, 0);
    pairs.push(['rows dropped by the filter', filter.dropped.rows, dropped]);
    if (dedupe) pairs.push(['rows filtered', dedupe.data.rows, filter.data.rows + filter.dropped.rows]);
  }
  const released = releasedRows(run);
  if (released) pairs.push(['the number of rows', contents.rows.length, released.data.rows]);
  if (tokenize && !contents.settings?.tokenize.heldOutData) {
    const { tokens, heldOutTokens, fullyMasked } = tokenize;
    pairs.push(['rows tokenized', tokens.rows + heldOutTokens.rows + fullyMasked, contents.rows.length]);
  }
  if (evaluate) {
    const { wins, losses, ties, instructions } = evaluate.pairwise;
    pairs.push(['pairs judged', wins + losses + ties, instructions]);
  }
  const differences = unequal(pairs);
  if (!isDeepStrictEqual(artifactsOf(run), manifest.artifacts))
    differences.push('the list of artifacts is another than that of the steps');
  return unless(differences, 'counts of all steps add up');
}

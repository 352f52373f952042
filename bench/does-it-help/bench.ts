import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { PhiloxStream, shuffledIndices } from '../../activities/philox.ts';
import { readTokens } from '../../activities/tokenize/tokens.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { ARMS, type Arm, makeDataSets } from './data-sets.ts';
import { difference, overSeeds, rowsWithTargets, shareOf } from './figures.ts';
import { type ArmFigures, tableOf } from './table.ts';
import { type HeldOut, type Measured, targetsOf, tokenizeAll, trainAndMeasure } from './train-and-measure.ts';

/** What is compared: the first is asked whether it is better than the second. */
const COMPARED: readonly [Arm, Arm][] = [
  ['alpaca spoiled, filtered', 'alpaca spoiled'],
  ['alpaca', 'alpaca spoiled, filtered'],
  ['self-instruct', 'alpaca'],
];

/**
 * `npm run bench -- does-it-help [--targets 8000] [--epochs 3] [--seeds 3] [--rows 1100] [--held-out 80]`: the built-in
 * model trained on rows of the offline teacher, by Alpaca's and by Self-Instruct's generation, and on rows of which a
 * fifth was spoiled, before and after the filter; each on the same number of target tokens, measured on the same
 * held-out rows. The figures as a table are on standard error.
 */
export async function benchDoesItHelp(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      targets: { type: 'string', default: '8000' },
      epochs: { type: 'string', default: '3' },
      seeds: { type: 'string', default: '3' },
      rows: { type: 'string', default: '1100' },
      'held-out': { type: 'string', default: '80' },
    },
  });
  const [most, epochs, seeds] = [Number(values.targets), Number(values.epochs), Number(values.seeds)];
  const begun = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-does-it-help-'));
  try {
    const store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
    const sizes = { rows: Number(values.rows), heldOutRows: Number(values['held-out']) };
    const { heldOut, arms, dropped, leftOut } = await makeDataSets(sizes, store, folder);
    const parts = [heldOut.alpaca, heldOut['self-instruct']];
    const measuredOn: HeldOut = { tokens: [], rows: parts.flat() };
    for (const rows of parts) {
      const { tokens } = await tokenizeAll(rows, store, folder);
      measuredOn.tokens.push(await readTokens(await store.open(tokens)));
    }
    const trained = new Map<Arm, Trained[]>(ARMS.map((arm) => [arm, []]));
    for (const [arm, ofSeeds] of trained) {
      const targets = await targetsOf(arms[arm], store, folder);
      for (let seed = 1; seed <= seeds; seed += 1) {
        const cut = cutTo(arms[arm], targets, most, seed);
        const figures = await trainAndMeasure(cut.rows, { runSeed: seed, epochs }, measuredOn, store, folder);
        const measured = { ...cut, ...figures };
        ofSeeds.push(measured);
        console.error(`${arm}, seed ${seed}: ${inWords(measured)}; ${elapsed(begun)} s`);
      }
    }
    const figures = Object.fromEntries([...trained].map(([arm, ofSeeds]) => [arm, figuresOf(ofSeeds)]));
    console.error(tableOf(figures));
    return {
      ...{ processor: cpus()[0]?.model, cores: availableParallelism(), seconds: elapsed(begun) },
      ...{ seeds, epochs, heldOutRows: measuredOn.rows.length, dropped, leftOut },
      arms: figures,
      differences: COMPARED.map(([one, other]) => {
        const [left = [], right = []] = [trained.get(one), trained.get(other)];
        const losses = (trained: readonly Trained[]) => trained.map(({ loss }) => loss);
        return { of: one, from: other, loss: difference(losses(left), losses(right)) };
      }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Trained extends Measured {
  rows: RecipeRow[];
  targets: number;
}

/** Rows in an order by the seed, as many as come to the targets. @throws Error where there are too few */
function cutTo(rows: readonly RecipeRow[], targets: readonly number[], most: number, seed: number) {
  const order = shuffledIndices(rows.length, new PhiloxStream(seed, 'shuffle', 0)).filter(
    (index) => (targets[index] ?? 0) > 0,
  );
  const chosen = rowsWithTargets(
    order.map((index) => targets[index] ?? 0),
    most,
  ).map((place) => order[place] ?? 0);
  const sum = chosen.reduce((total, index) => total + (targets[index] ?? 0), 0);
  if (sum < 0.99 * most)
    throw new Error(`${rows.length} rows come to ${sum} target tokens of ${most}: give more --rows`);
  return { rows: chosen.flatMap((index) => rows[index] ?? []), targets: sum };
}

function figuresOf(trained: readonly Trained[]): ArmFigures & { right: string[] } {
  return {
    rows: trained.map(({ rows }) => rows.length),
    targets: trained.map(({ targets }) => targets),
    loss: overSeeds(trained.map(({ loss }) => loss)),
    lossOnAlpaca: overSeeds(trained.map(({ losses }) => losses[0] ?? Number.NaN)),
    lossOnSelfInstruct: overSeeds(trained.map(({ losses }) => losses[1] ?? Number.NaN)),
    exactMatch: shareOf(trained.map(({ exactMatch }) => exactMatch)),
    right: trained.map(({ exactMatch: { right, rows } }) => `${right} of ${rows}`),
  };
}

function inWords({ rows, targets, loss, exactMatch: { right, rows: asked } }: Trained): string {
  return `${rows.length} rows of ${targets} target tokens, loss ${loss.toFixed(3)}, ${right} of ${asked} exact`;
}

function elapsed(begun: number): number {
  return Math.round((performance.now() - begun) / 1000);
}

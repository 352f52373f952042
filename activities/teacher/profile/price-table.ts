import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { describeIssue } from '../../../workflows/decisions/issue-text.ts';
import { AlpacaError } from '../../errors.ts';
import { type Price, price } from './prices.ts';

/** A file of prices: by model name, with room to say where a price is from. */
const priceFile = z.strictObject({
  comment: z.string().optional(),
  models: z.record(z.string().min(1), price.extend({ comment: z.string().optional() })),
});

/** What the models cost that are known by name. */
export interface PriceTable {
  /** the price of a model, by its name or by its name without the date at its end; null where there is none */
  priceOf(model: string): Price | null;
}

/** The package's own table, made to be edited: list prices of OpenAI's models. */
const BUILTIN = new URL('../../../seeds/prices.json', import.meta.url);

/**
 * The package's table, and before it the user's own file, whose prices win.
 *
 * @throws AlpacaError Configuration naming the file and the entry that is wrong
 */
export async function loadPriceTable(ownFile: string | undefined): Promise<PriceTable> {
  const builtin = await readPrices(BUILTIN);
  const own = ownFile === undefined ? new Map<string, Price>() : await readPrices(ownFile);
  return {
    priceOf(model) {
      const undated = model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
      const names = [model, undated];
      for (const table of [own, builtin])
        for (const name of names) {
          const found = table.get(name);
          if (found) return found;
        }
      return null;
    },
  };
}

async function readPrices(file: string | URL): Promise<Map<string, Price>> {
  const wrong = (why: string, cause?: unknown) =>
    new AlpacaError('Configuration', `The prices in ${file} cannot be used: ${why}.`, {
      remedy:
        'ALPACA_PRICES must name a JSON file of the form {"models": {"MODEL": {"inputUsdPerMillion": 0.5, "outputUsdPerMillion": 1.5}}}.',
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw wrong(String(error), error);
  }
  const checked = priceFile.safeParse(json);
  if (checked.success)
    return new Map(
      Object.entries(checked.data.models).map(([model, { comment: _, ...stated }]) => [model, stated]),
    );
  throw wrong(checked.error.issues.map((issue) => describeIssue(issue, json, 'the file')).join('; '));
}

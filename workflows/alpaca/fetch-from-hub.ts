import { processing } from '../activity-bounds.ts';
import { isOfHub } from '../contracts/data/hub.ts';
import type { AlpacaInput } from '../contracts/pipeline.ts';

/**
 * The input of a run with what it names at the hub (`hf:…`) in the store: the rows to begin with and the base model, each
 * with its name and commit for the cards. An input that names nothing there asks no worker.
 *
 * @param patiently has an activity done again until it succeeds
 */
export async function withFetched(
  input: AlpacaInput,
  patiently: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Promise<AlpacaInput> {
  const { generate, tokenize, release } = input;
  const fetched = async (source: unknown, kind: 'model' | 'rows') =>
    isOfHub(source) ? patiently(() => processing(`fetch ${source}`).fetchFromHub({ source, kind })) : null;
  const model = await fetched(tokenize.model, 'model');
  const rows = await fetched(generate.from, 'rows');
  if (model === null && rows === null) return input;
  return {
    ...input,
    generate: { ...generate, from: rows?.reference ?? generate.from },
    tokenize: { ...tokenize, model: model?.reference ?? tokenize.model },
    release: {
      ...release,
      baseModel: release.baseModel ?? model?.name ?? null,
      ...(rows && { sourceDataset: release.sourceDataset ?? rows.name }),
    },
  };
}

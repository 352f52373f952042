import type { DataRow } from '../../workflows/contracts/data.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import type { ReleaseInput, ReleaseSettings } from '../../workflows/contracts/release.ts';
import { type DataStatistics, measureData } from '../document/data-statistics.ts';
import { seedOf, settingsOf } from '../document/run-settings.ts';
import { assignSplits, type SplitName } from './splits.ts';
import type { TrainedModel } from './trained-model.ts';

/** What the cards and the datasheet are written from: rows and manifest of a release hold all of it. */
export interface CardContents {
  name: string;
  licence: string;
  publication: Publication;
  rows: readonly DataRow[];
  statistics: DataStatistics;
  /** the split of each row */
  splits: readonly SplitName[];
  run: ReleaseInput['run'];
  /** the run's input, where it was a whole pipeline's */
  settings: AlpacaInput | null;
  /** the release has each row's nearest neighbours */
  hasSimilarity: boolean;
  /** the release has chosen and rejected answers */
  hasPairs: boolean;
  /** null where the run trained none, or the store no longer has it */
  trainedModel: TrainedModel | null;
}

/** What the releaser chose beside name and licence. */
type Publication = Omit<ReleaseSettings, 'name' | 'licence'> & Pick<ReleaseInput, 'votes'>;

/** Everything that the release's files are written from. */
export interface ReleaseContents extends CardContents {
  /** digest of the rows that came into the step */
  dataSha256: string;
}

/** Works out what follows from the rows and the run: statistics, splits, the run's settings. */
export function cardContents(
  given: Pick<CardContents, 'name' | 'licence' | 'publication' | 'rows' | 'run'> &
    Pick<CardContents, 'hasSimilarity' | 'hasPairs' | 'trainedModel'>,
): CardContents {
  const settings = settingsOf(given.run);
  const seed = seedOf(settings);
  return {
    ...given,
    settings,
    statistics: measureData(given.rows, seed),
    splits: assignSplits(given.rows, given.publication.splits, seed),
  };
}

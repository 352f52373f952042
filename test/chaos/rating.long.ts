import { after, before, describe, it } from 'node:test';
import { type Processes, startProcesses } from '../processes.ts';
import { ratingUnderKills } from './rating-under-kills.ts';

describe('a comparison by many people under kill -9', () => {
  let processes: Processes;
  before(async () => {
    processes = await startProcesses();
    await processes.start('data-worker');
    await processes.start('web');
  });
  after(() => processes?.stop());

  it('keeps 200 raters’ votes at 100 a second, the web service killed twice', async (test) => {
    const figures = await ratingUnderKills(processes, {
      ...{ raters: 200, itemsPerRater: 40, votesPerSecond: 100 },
      victims: ['web', 'web'],
    });
    test.diagnostic(JSON.stringify(figures));
  });

  it('keeps votes over kills of the worker and of the server too', async (test) => {
    const figures = await ratingUnderKills(processes, {
      ...{ raters: 30, itemsPerRater: 40, votesPerSecond: 30 },
      victims: ['data-worker', 'temporal', 'web'],
    });
    test.diagnostic(JSON.stringify(figures));
  });
});

import { after, before, describe, it } from 'node:test';
import { type Processes, startProcesses } from '../processes.ts';
import { ratingUnderKills } from './rating-under-kills.ts';

describe('a comparison by people under kill -9', () => {
  let processes: Processes;
  before(async () => {
    processes = await startProcesses();
    await processes.start('data-worker');
    await processes.start('web');
  });
  after(() => processes?.stop());

  it('loses and doubles no vote of 20 raters, the web service killed twice', async (test) => {
    const figures = await ratingUnderKills(processes, {
      ...{ raters: 20, itemsPerRater: 16, votesPerSecond: 40 },
      victims: ['web', 'web'],
    });
    test.diagnostic(JSON.stringify(figures));
  });
});

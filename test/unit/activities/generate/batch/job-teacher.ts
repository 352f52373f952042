import type { TestContext } from 'node:test';
import { startOfflineTeacher } from '../../../../../workers/offline-teacher/server.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { NO_FAULTS } from '../../../workers/offline-teacher/no-faults.ts';
import { readLog } from '../../../workers/offline-teacher/with-teacher.ts';
import { temporaryStore } from '../generation-fixture.ts';

export const BATCH = { completionWindow: '24h', requestsPerJob: 3, pollSeconds: 0.05, priceFactor: 0.5 };

/** An offline teacher that takes jobs, with what it logged, and a store. */
export async function startJobTeacher(test: TestContext, batch: { seconds: number }) {
  const { store, folder } = disposedAfter(test, await temporaryStore());
  const log = `${folder}/requests.jsonl`;
  const { url, close } = await startOfflineTeacher({ faults: NO_FAULTS, log, batch });
  test.after(() => close());
  const logged = () => readLog(log);
  return {
    ...{ store, url, logged },
    /** prompts that were answered, in all jobs */
    answered: async () =>
      (await logged()).filter(({ path, status }) => path.includes('completions') && status === 200),
  };
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import type { CostEstimate } from '../../../../activities/generate/assumptions.ts';
import { generateToFile } from '../../../../activities/generate/generate-to-file.ts';
import { openLedger } from '../../../../activities/teacher/ledger/ledger.ts';
import { loadProfiles, type TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../../../workers/offline-teacher/server.ts';
import { generateInput } from '../../../../workflows/contracts/generate.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { NO_FAULTS } from '../../workers/offline-teacher/no-faults.ts';
import { readLog } from '../../workers/offline-teacher/with-teacher.ts';
import { temporaryStore } from './generation-fixture.ts';

const BATCH = { completionWindow: '24h', requestsPerJob: 3, pollSeconds: 0.05, priceFactor: 0.5 };

describe('generating without a server, by the job', () => {
  it('gives the rows of single requests at half the price, also where jobs expire and lines fail', async (test) => {
    const single = disposedAfter(test, await setUp({}, { batch: null }));
    const byJob = disposedAfter(test, await setUp({ batch: { seconds: 0, expireAfter: 0.7 } }));
    const [first, second] = [await single.generate(), await byJob.generate()];
    assert.equal(second.data.sha256, first.data.sha256);
    const paid = await byJob.paid();
    assert.equal(second.sent, paid.length);
    const usd = paid.reduce((sum, line) => sum + line.promptTokens * 2 + line.completionTokens * 8, 0) / 1e6;
    assert.equal(second.costUsd.toFixed(9), (usd / 2).toFixed(9));
  });

  it('asks every stage of Self-Instruct by the job, for the rows of single requests', async (test) => {
    const single = disposedAfter(test, await setUp({}, { batch: null }));
    const byJob = disposedAfter(test, await setUp({ batch: { seconds: 0, expireAfter: 0.7 } }));
    const settings = { method: 'self-instruct', target: 21, seesAfter: 2 };
    const [first, second] = [await single.generate(settings), await byJob.generate(settings)];
    assert.equal(second.data.sha256, first.data.sha256);
    const tasks = (result: typeof first) => result.selfInstruct?.stages.map(({ data }) => data.sha256);
    assert.deepEqual(tasks(second), tasks(first));
    assert.equal(second.sent, (await byJob.paid()).length);
  });

  it('makes jobs that the budget covers, and stops before it could be passed', async (test) => {
    const set = disposedAfter(test, await setUp({ batch: { seconds: 0 } }));
    const result = await set.generate({ target: 2000, budgetUsd: 0.2 });
    assert.equal(result.stopReason, 'stopped-early');
    assert.ok(result.costUsd > 0.1 && result.costUsd <= 0.2, `$${result.costUsd}`);
  });

  it('takes what the ledger has where there is no money for one more request', async (test) => {
    const set = disposedAfter(test, await setUp({ batch: { seconds: 0 } }));
    const target = 200;
    const first = await set.generate({ target });
    const before = (await set.paid()).length;
    await set.forgetFirst();
    const again = await set.generate({ target, budgetUsd: await set.worstCaseUsd() });
    assert.deepEqual([again.stopReason, again.sent], ['target', 1]);
    assert.ok(first.requests > BATCH.requestsPerJob, 'the forgotten answer is none of the last job');
    assert.deepEqual([(await set.paid()).length - before, again.costUsd > 0], [1, true]);
  });

  it('leaves its job cancelled where the command is stopped, and collects it when it is started again', async (test) => {
    const set = disposedAfter(test, await setUp({ batch: { seconds: 2 } }));
    const stop = new AbortController();
    const stopped = set.generate(
      {},
      {
        signal: stop.signal,
        report: ({ done, unit }) => {
          if (unit === 'prompts' && done > 2) stop.abort();
        },
      },
    );
    await assert.rejects(stopped, { name: 'AbortError' });
    const before = (await set.paid()).length;
    const result = await set.generate();
    const paid = await set.paid();
    assert.ok(before > 2 && paid.every(({ occurrence }) => occurrence === 0));
    assert.equal(result.sent, paid.length - before);
  });
});

async function setUp(
  options: Parameters<typeof startOfflineTeacher>[0],
  profile: Partial<TeacherProfile> = {},
) {
  const temporary = await temporaryStore();
  const log = `${temporary.folder}/requests.jsonl`;
  const teacher = await startOfflineTeacher({ faults: NO_FAULTS, log, ...options });
  const known = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
  const price = { inputUsdPerMillion: 2, outputUsdPerMillion: 8 };
  const profiles = { ...known, get: () => ({ ...known.get('offline'), price, batch: BATCH, ...profile }) };
  const sources = { store: temporary.store, profiles, env: {} };
  return {
    generate: (settings: object = {}, attempt = unwatched) =>
      generateToFile(
        generateInput.parse({ target: 60, promptsPerRequest: 2, budgetUsd: 10, ...settings }),
        sources,
        attempt,
      ),
    /** what one request can cost at the most */
    async worstCaseUsd(): Promise<number> {
      const { promise, resolve } = Promise.withResolvers<number>();
      const estimated = ({ worstCaseRequestUsd }: CostEstimate) => {
        resolve(worstCaseRequestUsd);
        throw new Error('enough');
      };
      const input = generateInput.parse({ target: 60, promptsPerRequest: 2, budgetUsd: 10 });
      await assert.rejects(generateToFile(input, sources, unwatched, { estimated }), { message: 'enough' });
      return promise;
    },
    /** removes the ledger's oldest answer, with its intent */
    async forgetFirst() {
      const { store } = temporary;
      const paths = (await store.listEntries('ledger/default')).filter((path) => !path.startsWith('jobs'));
      const ledger = openLedger(store, 'default');
      const keys = new Set(paths.map((path) => path.slice('ab/'.length).replace(/\..*$/, '')));
      const entries = await Promise.all([...keys].map((key) => ledger.read(key)));
      const [first] = entries.sort((a, b) => (a?.time ?? '').localeCompare(b?.time ?? ''));
      for (const path of paths)
        if (path.includes(first?.key ?? '')) await store.removeEntries(`ledger/default/${path}`);
    },
    paid: async () =>
      (await readLog(log)).filter(({ path, status }) => path.includes('completions') && status === 200),
    async [Symbol.asyncDispose]() {
      await teacher.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

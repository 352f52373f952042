import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { createClassifier } from '../../../../../activities/classes/classifier.ts';
import { generateToFile } from '../../../../../activities/generate/generate-to-file.ts';
import { loadProfiles } from '../../../../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../../../../workers/offline-teacher/server.ts';
import { dataRow } from '../../../../../workflows/contracts/data.ts';
import { generateInput } from '../../../../../workflows/contracts/generate.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../generation-fixture.ts';

describe('a run that is to have shares', () => {
  const generate = async (test: TestContext, input: object) => {
    const { store } = disposedAfter(test, await temporaryStore());
    // A teacher answers what it is asked again in another way.
    const teacher = await startOfflineTeacher();
    try {
      const profiles = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
      const sources = { store, profiles, env: {} };
      const result = await generateToFile(generateInput.parse(input), sources, unwatched);
      return { result, rows: await readRows(await store.open(result.data), dataRow) };
    } finally {
      await teacher.close();
    }
  };

  it('has them within two points, each row in its language', async (test) => {
    const shares = { languages: { en: 0.7, ko: 0.3 }, classes: { mathematics: 0.2 } };
    const { result, rows } = await generate(test, { target: 1000, ...shares });
    for (const { name, target, rows: reached } of result.shares)
      assert.ok(Math.abs(reached / rows.length - target) <= 0.02, `${name}: ${reached} of ${rows.length}`);
    const isKorean = ({ instruction }: { instruction: string }) => /\p{Script=Hangul}/u.test(instruction);
    assert.ok(!rows.some((row) => row.language === 'en' && isKorean(row)));
    const korean = rows.filter(({ language }) => language === 'ko');
    // The faults that the offline teacher plants are English in every language.
    assert.ok(korean.filter(isKorean).length > 0.95 * korean.length);
    const sums = rows.filter((row) => createClassifier(row.language ?? '')(row) === 'mathematics');
    assert.equal(result.shares[2]?.rows, sums.length);
  });

  it('gives the same rows whatever is in flight, and in whatever rounds they are taken', async (test) => {
    const digests = await Promise.all(
      [{}, { concurrency: 2, roundSize: 3 }].map(async (pace) => {
        const input = { target: 300, languages: { en: 0.5, ko: 0.5 }, ...pace };
        return (await generate(test, input)).result.data.sha256;
      }),
    );
    assert.equal(digests[0], digests[1]);
  });
});

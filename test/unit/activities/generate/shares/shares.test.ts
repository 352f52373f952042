import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { createClassifier } from '../../../../../activities/classes/classifier.ts';
import { generateToFile } from '../../../../../activities/generate/generate-to-file.ts';
import { loadProfiles, type TeacherProfiles } from '../../../../../activities/teacher/profile/profiles.ts';
import { type OfflineTeacher, startOfflineTeacher } from '../../../../../workers/offline-teacher/server.ts';
import { dataRow } from '../../../../../workflows/contracts/data.ts';
import { generateInput } from '../../../../../workflows/contracts/generate.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../generation-fixture.ts';

describe('a run that is to have shares', () => {
  let teacher: OfflineTeacher;
  let profiles: TeacherProfiles;
  before(async () => {
    teacher = await startOfflineTeacher();
    profiles = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
  });
  after(() => teacher.close());

  const generate = async (store: ArtifactStore, input: object) => {
    const result = await generateToFile(
      generateInput.parse({ target: 1000, ...input }),
      { store, profiles, env: {} },
      unwatched,
    );
    return { result, rows: await readRows(await store.open(result.data), dataRow) };
  };

  it('has them within two points, each row in its language', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const input = { languages: { en: 0.7, ko: 0.3 }, classes: { mathematics: 0.2 } };
    const { result, rows } = await generate(store, input);
    for (const { name, target, rows: reached } of result.shares)
      assert.ok(Math.abs(reached / rows.length - target) <= 0.02, `${name}: ${reached} of ${rows.length}`);
    const isKorean = ({ instruction }: { instruction: string }) => /\p{Script=Hangul}/u.test(instruction);
    assert.deepEqual(
      rows.filter((row) => isKorean(row) !== (row.language === 'ko')),
      [],
    );
    const sums = rows.filter((row) => createClassifier(row.language ?? '')(row) === 'mathematics');
    assert.equal(result.shares[2]?.rows, sums.length);
  });

  it('gives the same rows whatever is in flight, and in whatever rounds they are taken', async (test) => {
    const digests = await Promise.all(
      [{}, { concurrency: 2, roundSize: 3 }].map(async (pace) => {
        const { store } = disposedAfter(test, await temporaryStore());
        const input = { target: 400, languages: { en: 0.5, ko: 0.5 }, ...pace };
        return (await generate(store, input)).result.data.sha256;
      }),
    );
    assert.equal(digests[0], digests[1]);
  });
});

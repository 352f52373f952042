import { readRows } from '../../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../../activities/dedupe/dedupe-rows.ts';
import { filterRows } from '../../../../../activities/filter/filter-rows.ts';
import { generateToFile } from '../../../../../activities/generate/generate-to-file.ts';
import { sampleSeeds } from '../../../../../activities/sample/sample-seeds.ts';
import { templateOf } from '../../../../../activities/tokenize/template-file.ts';
import { RECIPE_TEMPLATE } from '../../../../../activities/tokenize/templates.ts';
import { tokenizeRows } from '../../../../../activities/tokenize/tokenize-rows.ts';
import { startOfflineTeacher } from '../../../../../workers/offline-teacher/server.ts';
import { localProfiles } from '../../../../../workers/runs/estimate.ts';
import { dataRow } from '../../../../../workflows/contracts/data.ts';
import { dedupeInput } from '../../../../../workflows/contracts/dedupe.ts';
import { filterInput } from '../../../../../workflows/contracts/filter.ts';
import { generateInput } from '../../../../../workflows/contracts/generate.ts';
import { sampleInput } from '../../../../../workflows/contracts/sample.ts';
import { tokenizeInput } from '../../../../../workflows/contracts/tokenize.ts';
import { temporaryStore } from '../../generate/generation-fixture.ts';

/** The steps from seed tasks to masked tokens in a language, with the offline teacher and all defaults. */
export async function runLanguage(language: string, target: number) {
  const temporary = await temporaryStore();
  const teacher = await startOfflineTeacher();
  try {
    return await runSteps(language, target, temporary.store, teacher.url);
  } finally {
    await teacher.close();
    await temporary[Symbol.asyncDispose]();
  }
}

async function runSteps(language: string, target: number, store: ArtifactStore, teacherUrl: string) {
  const profiles = await localProfiles(teacherUrl);
  const sampled = await sampleSeeds(sampleInput.parse({ language }), { store }, unwatched);
  const generated = await generateToFile(
    generateInput.parse({ language, target, roundSize: 32 }),
    { store, profiles, env: {} },
    unwatched,
  );
  const deduped = await dedupeRows(
    dedupeInput.parse({
      ...{ data: generated.data, against: sampled.seedTasks, tokenization: sampled.tokenization },
      mode: 'threshold',
    }),
    {
      store,
      paidBy: 'test',
      clientFor: () => {
        throw new RangeError('nothing is embedded');
      },
    },
    unwatched,
  );
  const filtered = await filterRows(
    filterInput.parse({ language, data: deduped.data }),
    { store },
    unwatched,
  );
  const tokenized = await tokenizeRows(
    tokenizeInput.parse({ language, data: filtered.data, template: 'builtin' }),
    { store },
    unwatched,
  );
  return {
    sampled,
    generated,
    deduped,
    filtered,
    tokenized,
    rows: await readRows(await store.open(filtered.data), dataRow),
    template: (await templateOf(await store.open(tokenized.model))) ?? RECIPE_TEMPLATE,
  };
}

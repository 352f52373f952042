import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { createSampleActivities } from '../../../../activities/sample/activities.ts';
import { sampleSeeds } from '../../../../activities/sample/sample-seeds.ts';
import { sampleInput } from '../../../../workflows/contracts/sample.ts';

const TASK = {
  id: 'seed_task_0',
  name: 'greeting',
  instruction: 'Greet the guest politely.',
  instances: [{ input: 'Mr. Sato, at breakfast', output: 'Good morning, Mr. Sato.' }],
  is_classification: false,
};
const INSTRUCTION = {
  id: 'user_oriented_task_0',
  motivation_app: 'Email',
  instruction: 'Shorten this message.',
  instances: [{ input: 'I am writing to say thank you.', output: 'Thank you.' }],
};

let folder: string;
let store: ArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alpaca-sample-'));
  store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function sampleTasks(content: string) {
  const seedTasks = await write('my-tasks.jsonl', content);
  return sampleSeeds(sampleInput.parse({ seedTasks }), { store }, unwatched);
}

const line = (...fields: object[]) => JSON.stringify(Object.assign({}, TASK, ...fields));

describe('sampleSeeds', () => {
  it('runs on nothing but defaults, with what the package ships', async () => {
    const result = await sampleSeeds(sampleInput.parse({}), { store }, unwatched);
    assert.equal(result.seedTasks.rows, 175);
    assert.equal(result.evaluationInstructions.rows, 64);
    assert.equal(result.classificationTasks, 33);
    assert.equal(result.tasksWithoutInput, 51);
    assert.match(result.seedTasks.uri, /^artifact:\/\/seed-tasks\/[0-9a-f]{64}\/seed-tasks\.jsonl$/);
  });

  it('takes the shipped Korean files where the language is Korean', async () => {
    const result = await sampleSeeds(sampleInput.parse({ language: 'ko' }), { store }, unwatched);
    assert.equal(result.seedTasks.rows, 175);
    assert.equal(result.evaluationInstructions.rows, 62);
  });

  it('takes those of each language of a run in several, in whatever order its shares are written', async () => {
    const [one, other] = await Promise.all(
      [
        { en: 0.8, ko: 0.2 },
        { ko: 0.2, en: 0.8 },
      ].map((languages) => sampleSeeds(sampleInput.parse({ languages }), { store }, unwatched)),
    );
    assert.deepEqual([one?.seedTasks.rows, one?.evaluationInstructions.rows], [350, 126]);
    assert.equal(one?.tokenization, 'syllable-pairs');
    assert.deepEqual(one, other);
  });

  it('refuses seed tasks that do not say in which of a run’s languages they are', async () => {
    const seedTasks = join(folder, 'seeds.jsonl');
    await writeFile(seedTasks, `${JSON.stringify(TASK)}\n`);
    const input = sampleInput.parse({ languages: { en: 0.8, ko: 0.2 }, seedTasks });
    await assert.rejects(sampleSeeds(input, { store }, unwatched), {
      code: 'InvalidInput',
      message: /the seed task of row 1 does not say in which of en, ko it is\./,
    });
  });

  it('stores the fields of the schema alone, in its order, one task a line', async () => {
    const scrambled = {
      comment: 'not in the schema',
      is_classification: false,
      instances: [{ output: 'Good morning, Mr. Sato.', note: 'x', input: 'Mr. Sato, at breakfast' }],
      instruction: 'Greet the guest politely.',
      name: 'greeting',
      id: 'seed_task_0',
    };
    const { seedTasks } = await sampleTasks(JSON.stringify(scrambled));
    assert.equal(
      await readFile(await store.open(seedTasks), 'utf8'),
      '{"id":"seed_task_0","name":"greeting","instruction":"Greet the guest politely.","instances":[{"input":"Mr. Sato, at breakfast","output":"Good morning, Mr. Sato."}],"is_classification":false}\n',
    );
  });

  it('gives one digest for the same tasks as JSONL, with a byte order mark and blank lines, and as an array', async () => {
    const second = { ...TASK, id: 'seed_task_1', name: 'farewell' };
    const plain = await sampleTasks(`${line()}\n${line(second)}\n`);
    const loose = await sampleTasks(`\uFEFF\n${line()}\r\n\r\n   \r\n${line(second)}`);
    const array = await sampleTasks(JSON.stringify([TASK, second], null, 2));
    assert.equal(plain.seedTasks.rows, 2);
    assert.deepEqual(loose, plain);
    assert.deepEqual(array, plain);
  });

  it('accepts what it stored as its own input', async () => {
    const first = await sampleTasks(line());
    const again = await sampleSeeds(sampleInput.parse({ seedTasks: first.seedTasks }), { store }, unwatched);
    const byUri = await sampleSeeds(
      sampleInput.parse({ seedTasks: first.seedTasks.uri }),
      { store },
      unwatched,
    );
    assert.deepEqual(again, first);
    assert.deepEqual(byUri, first);
  });

  it('counts classification tasks, and tasks whose first instance has no input', async () => {
    const withoutInput = { instances: [{ input: '', output: 'Hello.' }, ...TASK.instances] };
    const result = await sampleTasks(
      [
        line({ id: 'a', is_classification: true }),
        line({ id: 'b' }, withoutInput),
        line({ id: 'c', instances: [...TASK.instances, { input: '', output: 'Hello.' }] }),
      ].join('\n'),
    );
    assert.equal(result.classificationTasks, 1);
    assert.equal(result.tasksWithoutInput, 1);
  });

  it('says in the manifest what the tasks were made from', async () => {
    const { seedTasks } = await sampleTasks(line());
    const manifest = await store.readManifest(seedTasks);
    assert.equal(manifest.madeBy, 'sample');
    assert.deepEqual(Object.keys(manifest.madeFrom ?? {}), [join(folder, 'my-tasks.jsonl')]);
  });

  it('reports the two files to the attempt', async () => {
    const reports: string[] = [];
    await sampleSeeds(
      sampleInput.parse({}),
      { store },
      {
        signal: unwatched.signal,
        report: ({ done, total, unit }) => reports.push(`${done}/${total} ${unit}`),
      },
    );
    assert.deepEqual(reports, ['0/2 files', '1/2 files', '2/2 files']);
  });
});

describe('a file that cannot be used', () => {
  const refusals: [what: string, content: string, message: string][] = [
    [
      'a line that lacks a field',
      `${line()}\n\n${line({ id: 'seed_task_1', instruction: undefined })}\n`,
      'my-tasks.jsonl, line 3: instruction is missing: expected a text. Mend that row and start again; nothing was read from the file.',
    ],
    [
      'a wrong type deep inside',
      line({ instances: [{ input: 7, output: 'x' }] }),
      'my-tasks.jsonl, line 1: instances.0.input is 7: expected a text. Mend that row and start again; nothing was read from the file.',
    ],
    [
      'a task without instances',
      line({ instances: [] }),
      'my-tasks.jsonl, line 1: instances is []: expected at least 1 element. Mend that row and start again; nothing was read from the file.',
    ],
    [
      'an element of an array',
      JSON.stringify([TASK, { ...TASK, id: 3 }]),
      'my-tasks.jsonl, element 2: id is 3: expected a text. Mend that row and start again; nothing was read from the file.',
    ],
    [
      'an id that occurs twice',
      [line(), line({ id: 'seed_task_1' }), line()].join('\n'),
      'my-tasks.jsonl: the id "seed_task_0" occurs twice, in rows 1 and 3. Give each row an id of its own.',
    ],
    [
      'a blank instruction',
      line({ instruction: ' \t' }),
      'my-tasks.jsonl: the instruction of "seed_task_0" is blank. Write one, or take the row out.',
    ],
    [
      'an empty file',
      '\n\n',
      'my-tasks.jsonl holds no seed task. Give it at least one seed task, as a JSON object on a line of its own.',
    ],
  ];
  for (const [what, content, message] of refusals) {
    it(`is refused by the user's name for it: ${what}`, async () => {
      await assert.rejects(sampleTasks(content), { code: 'InvalidInput', message: join(folder, message) });
    });
  }

  it('is refused where a line is no JSON, with the line', async () => {
    await assert.rejects(sampleTasks(`${line()}\n{"id": "seed_task_1",}\n`), {
      code: 'InvalidInput',
      message: /\/my-tasks\.jsonl, line 2: no valid JSON \(.+\)\. Mend that row and start again/,
    });
  });

  it('leaves nothing in the store', async () => {
    await assert.rejects(sampleTasks(line({ id: 3 })));
    await assert.rejects(readdir(join(folder, 'store', 'artifacts')), { code: 'ENOENT' });
  });

  it('is refused as evaluation instructions by the same rules', async () => {
    const evaluationInstructions = await write(
      'questions.jsonl',
      `${JSON.stringify(INSTRUCTION)}\n${JSON.stringify(INSTRUCTION)}\n`,
    );
    const seedTasks = await write('tasks.jsonl', line());
    await assert.rejects(
      sampleSeeds(sampleInput.parse({ seedTasks, evaluationInstructions }), { store }, unwatched),
      {
        code: 'InvalidInput',
        message: `${evaluationInstructions}: the id "user_oriented_task_0" occurs twice, in rows 1 and 2. Give each row an id of its own.`,
      },
    );
  });

  it('is refused where a task is longer than a prompt can be', async () => {
    const long = `${line()}\n${line({ instruction: 'x'.repeat(65_536) })}\n`;
    await assert.rejects(sampleTasks(long), {
      code: 'InvalidInput',
      message: /my-tasks\.jsonl: row 2 has more than 65,536 characters\. Shorten it/,
    });
  });

  it('is refused where it would fill the memory', async () => {
    const seedTasks = await write('vast.jsonl', `${JSON.stringify(TASK)}\n`);
    await truncate(seedTasks, 2 ** 34);
    await assert.rejects(sampleSeeds(sampleInput.parse({ seedTasks }), { store }, unwatched), {
      code: 'InvalidInput',
      message: /vast\.jsonl has 17179869184 bytes; at most 67108864 are read/,
    });
  });

  it('is refused where it is not there', async () => {
    const seedTasks = join(folder, 'absent.jsonl');
    await assert.rejects(sampleSeeds(sampleInput.parse({ seedTasks }), { store }, unwatched), {
      code: 'NotFound',
    });
  });

  it('is refused where it lies outside the import folders', async () => {
    await assert.rejects(
      sampleSeeds(sampleInput.parse({ seedTasks: '/etc/hostname' }), { store }, unwatched),
      { code: 'RefusedPath' },
    );
  });
});

describe('the sample activity', () => {
  const environment = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

  it('returns what sampleSeeds returns', async () => {
    const { sampleSeeds: activity } = createSampleActivities({ store });
    const result = await environment().run(activity, sampleInput.parse({}));
    assert.deepEqual(result, await sampleSeeds(sampleInput.parse({}), { store }, unwatched));
  });

  it('fails for good on a bad file, under the type InvalidInput', async () => {
    const { sampleSeeds: activity } = createSampleActivities({ store });
    const seedTasks = await write('my-tasks.jsonl', line({ id: 3 }));
    await assert.rejects(
      environment().run(activity, sampleInput.parse({ seedTasks })),
      (error) =>
        error instanceof ApplicationFailure && error.type === 'InvalidInput' && error.nonRetryable === true,
    );
  });
});

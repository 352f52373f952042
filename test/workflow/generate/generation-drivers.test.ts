import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { unwatched } from '../../../activities/attempt.ts';
import { createGenerateActivities } from '../../../activities/generate/activities.ts';
import { generateToFile } from '../../../activities/generate/generate-to-file.ts';
import { createSampleActivities } from '../../../activities/sample/activities.ts';
import { loadProfiles, type TeacherProfile } from '../../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../../workers/offline-teacher/server.ts';
import { type GenerateResult, generateInput } from '../../../workflows/contracts/generate.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { disposedAfter } from '../../disposed-after.ts';
import { answerWith, temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { answerStage } from '../../unit/activities/generate/self-instruct/scripted-stages.ts';
import { answerTurn, isTurnPrompt } from '../../unit/activities/generate/turns/scripted-turns.ts';
import { chatReply, startScriptedTeacher } from '../../unit/activities/teacher/scripted-teacher.ts';
import { NO_FAULTS } from '../../unit/workers/offline-teacher/no-faults.ts';
import { eventually, type Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

interface Both {
  workflow(settings: object, meanwhile?: (handle: WorkflowHandle) => Promise<void>): Promise<GenerateResult>;
  file(settings: object): Promise<GenerateResult>;
  /** a file that the driver may import */
  write(content: string, forDriver: 'workflow' | 'file'): Promise<string>;
}

/** What both drivers have to agree on: the rows, and what the run counted. */
function outcomeOf(result: GenerateResult) {
  const { data, stopReason, requests, prompts, refused, yield: counts, yieldByRequest } = result;
  return {
    ...{ data: data.sha256, rows: data.rows, stopReason, requests, prompts, refused, yield: counts },
    yieldByRequest: yieldByRequest?.sha256 ?? null,
  };
}

/** What it cost: the same, where both asked the same. */
function accountOf({ sent, lost, promptTokens, completionTokens, costUsd }: GenerateResult) {
  return { sent, lost, promptTokens, completionTokens, costUsd: costUsd.toFixed(9) };
}

/** At most this in dollars for an answer of the scripted teacher; see `chatReply`. */
const ANSWER_USD = 0.00112;
/** One request at a time, of one prompt: what is asked ahead does not depend on who is faster. */
const IN_TURN = { concurrency: 1, roundSize: 2, promptsPerRequest: 1 };

describe('one generation by the workflow and by the driver for files', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  /** What each driver is given, on stores and teachers that know nothing of the other. */
  async function open(test: TestContext, startTeacher: StartTeacher): Promise<Both> {
    const [forWorkflow, forFile] = [await setUp(test, startTeacher), await setUp(test, startTeacher)];
    return {
      async workflow(settings, meanwhile = async () => {}) {
        const { sources, small } = forWorkflow;
        const real = { ...createSampleActivities(sources), ...createGenerateActivities(sources) };
        let result: GenerateResult | undefined;
        await harness.withWorker(real, async (start) => {
          const handle = await start('generate', { ...small, ...settings });
          await meanwhile(handle);
          result = (await handle.result()) as GenerateResult;
        });
        assert.ok(result);
        return result;
      },
      file: (settings) =>
        generateToFile(generateInput.parse({ ...forFile.small, ...settings }), forFile.sources, unwatched),
      async write(content, forDriver) {
        const path = join((forDriver === 'file' ? forFile : forWorkflow).folder, 'rows.jsonl');
        await writeFile(path, content);
        return path;
      },
    };
  }

  it('has one result where the target is reached', async (test) => {
    const both = await open(test, plentiful);
    const settings = { target: 21, concurrency: 2, roundSize: 2, budgetUsd: 1 };
    const [byWorkflow, byFile] = [await both.workflow(settings), await both.file(settings)];
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    const { stopReason, requests, prompts, data } = byFile;
    assert.deepEqual([stopReason, requests, prompts, data.rows], ['target', 6, 12, 24]);
  });

  it('has one result where the yield collapses in the middle of a round', async (test) => {
    const both = await open(test, (test) => scripted(test, 1));
    const settings = { target: 14, collapseAfter: 3, leastShare: 0, ...IN_TURN, roundSize: 8, budgetUsd: 1 };
    const [byWorkflow, byFile] = [await both.workflow(settings), await both.file(settings)];
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    const { stopReason, requests, prompts, data, yield: counts } = byFile;
    assert.deepEqual([stopReason, requests, data.rows, counts.asked], ['yield-collapsed', 4, 2, 12]);
    assert.ok(prompts > requests, 'the round had requests beyond those that it considered');
  });

  it('has one result where the budget is reached and generation is ended there', async (test) => {
    const both = await open(test, plentiful);
    const settings = { target: 1000, ...IN_TURN, budgetUsd: 0.003 };
    const byFile = await both.file(settings);
    const byWorkflow = await both.workflow(settings, async (handle) => {
      await waitsForMoney(handle);
      await handle.executeUpdate('stopEarly');
    });
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    assert.equal(byFile.stopReason, 'stopped-early');
    assert.equal(byFile.costUsd.toFixed(6), (byFile.requests * ANSWER_USD).toFixed(6));
  });

  it('has one result where the budget is reached and raised', async (test) => {
    const both = await open(test, plentiful);
    const settings = { target: 24, ...IN_TURN };
    assert.equal((await both.file({ ...settings, budgetUsd: 0.003 })).stopReason, 'stopped-early');
    const byFile = await both.file({ ...settings, budgetUsd: 1 });
    const byWorkflow = await both.workflow({ ...settings, budgetUsd: 0.003 }, async (handle) => {
      await waitsForMoney(handle);
      await handle.executeUpdate('setBudget', { args: [1] });
    });
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual([byFile.stopReason, byFile.requests, byFile.data.rows], ['target', 12, 24]);
  });

  it('has one result where the teacher is asked by the job', async (test) => {
    const both = await open(test, byJob);
    const settings = { target: 60, concurrency: 1, budgetUsd: 10 };
    const [byWorkflow, byFile] = [await both.workflow(settings), await both.file(settings)];
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    assert.equal(byFile.stopReason, 'target');
  });

  it('has one result where the budget is reached by the job', async (test) => {
    const both = await open(test, byJob);
    const settings = { target: 2000, concurrency: 1, budgetUsd: 0.2 };
    const byFile = await both.file(settings);
    const byWorkflow = await both.workflow(settings, async (handle) => {
      await waitsForMoney(handle);
      await handle.executeUpdate('stopEarly');
    });
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    assert.equal(byFile.stopReason, 'stopped-early');
  });

  it('has one result by Self-Instruct, stage by stage', async (test) => {
    const both = await open(test, inStages);
    const settings = { method: 'self-instruct', seesAfter: 1, target: 10, ...IN_TURN, budgetUsd: 1 };
    const [byWorkflow, byFile] = [await both.workflow(settings), await both.file(settings)];
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    // The files have the times of the answers, which differ.
    assert.deepEqual(byFile.selfInstruct?.stages, byWorkflow.selfInstruct?.stages);
    assert.deepEqual([byFile.stopReason, byFile.requests, byFile.data.rows], ['target', 25, 15]);
  });

  it('has one result by Self-Instruct where the budget is reached', async (test) => {
    const both = await open(test, inStages);
    const settings = { method: 'self-instruct', seesAfter: 1, target: 100, ...IN_TURN, budgetUsd: 0.05 };
    const byFile = await both.file(settings);
    const byWorkflow = await both.workflow(settings, async (handle) => {
      await waitsForMoney(handle);
      await handle.executeUpdate('stopEarly');
    });
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    assert.deepEqual(byFile.selfInstruct?.stages, byWorkflow.selfInstruct?.stages);
    const instructions = byFile.selfInstruct?.stages[0]?.data.rows;
    assert.deepEqual([byFile.stopReason, instructions, byFile.data.rows], ['stopped-early', 6, 9]);
  });

  it('has one first stage of Self-Instruct where the budget is reached by the job', async (test) => {
    const both = await open(test, (test) => byJob(test, { seconds: 0, expireAfter: 0.7 }));
    const settings = { method: 'self-instruct', target: 2000, concurrency: 1, budgetUsd: 0.08 };
    const byFile = await both.file(settings);
    const byWorkflow = await both.workflow(settings, async (handle) => {
      await waitsForMoney(handle);
      await handle.executeUpdate('stopEarly');
      // Where a later stage has too little a command ends, and a run waits.
      await handle.executeUpdate('setBudget', { args: [10] });
    });
    const [first, ofWorkflow] = [byFile, byWorkflow].map(({ selfInstruct }) => selfInstruct?.stages[0]);
    assert.deepEqual(first, ofWorkflow);
    assert.deepEqual([first?.stopReason, first?.requests, first?.data.rows], ['stopped-early', 1, 14]);
  });

  it('has one result where rows become conversations, turn by turn', async (test) => {
    const both = await open(test, plentiful);
    const settings = { turns: 3, target: 9, concurrency: 2, roundSize: 2, budgetUsd: 1 };
    const [byWorkflow, byFile] = [await both.workflow(settings), await both.file(settings)];
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    assert.deepEqual(byFile.turns, byWorkflow.turns);
    assert.deepEqual([byFile.stopReason, byFile.requests, byFile.turns.length], ['target', 27, 4]);
  });

  it('has one result of conversations where the budget is reached', async (test) => {
    const both = await open(test, plentiful);
    const settings = { turns: 2, target: 100, ...IN_TURN, budgetUsd: 0.05 };
    const byFile = await both.file(settings);
    const byWorkflow = await both.workflow(settings, async (handle) => {
      await waitsForMoney(handle);
      await handle.executeUpdate('stopEarly');
    });
    assert.deepEqual(outcomeOf(byFile), outcomeOf(byWorkflow));
    assert.deepEqual(accountOf(byFile), accountOf(byWorkflow));
    assert.deepEqual(byFile.turns, byWorkflow.turns);
    assert.equal(byFile.stopReason, 'stopped-early');
    assert.equal(byFile.data.rows, byFile.yield.accepted);
  });

  it('has one result where rows are imported', async (test) => {
    const both = await open(test, plentiful);
    const rows = '{"instruction":"a","input":"","output":"b"}\n{"instruction":"c","input":"","output":"d"}\n';
    const byWorkflow = await both.workflow({ from: await both.write(rows, 'workflow') });
    const byFile = await both.file({ from: await both.write(rows, 'file') });
    assert.deepEqual(byFile, byWorkflow);
    assert.deepEqual(
      [byFile.stopReason, byFile.requests, byFile.yield.asked, byFile.yield.accepted],
      ['imported', 0, 2, 2],
    );
  });
});

type StartTeacher = (test: TestContext) => Promise<TeacherProfile>;

/** Two instructions for every prompt, like no other prompt's. */
const plentiful: StartTeacher = (test) => scripted(test, Number.POSITIVE_INFINITY);

const inStages: StartTeacher = async (test) => {
  const teacher = await startScriptedTeacher(({ prompt }) => answerStage(prompt));
  disposedAfter(test, teacher);
  return teacher.profile();
};

/** After so many prompts, in the order of asking, the teacher writes nothing that could be used. */
async function scripted(test: TestContext, fruitfulPrompts: number): Promise<TeacherProfile> {
  const asked = new Map<string, number>();
  const teacher = await startScriptedTeacher(({ prompt }, index) => {
    const occurrence = asked.get(prompt) ?? 0;
    asked.set(prompt, occurrence + 1);
    if (isTurnPrompt(prompt)) return answerTurn(prompt);
    if (index >= fruitfulPrompts) return chatReply('nothing');
    const digest = hash('sha256', `${prompt}${occurrence}`);
    const words = [0, 8, 16, 24].map((place) => `w${digest.slice(place, place + 8)}`).join(' ');
    return chatReply(answerWith(`Explain ${words}`, `${words.replaceAll(' ', 'x ')} described at length`));
  });
  disposedAfter(test, teacher);
  return teacher.profile();
}

async function byJob(
  test: TestContext,
  batch: { seconds: number; expireAfter?: number } = { seconds: 0 },
): Promise<TeacherProfile> {
  const teacher = await startOfflineTeacher({ faults: NO_FAULTS, batch });
  test.after(() => teacher.close());
  const known = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
  return {
    ...known.get('offline'),
    price: { inputUsdPerMillion: 2, outputUsdPerMillion: 8 },
    batch: { completionWindow: '24h', requestsPerJob: 3, pollSeconds: 0.05, priceFactor: 0.5 },
  };
}

async function setUp(test: TestContext, startTeacher: StartTeacher) {
  const profile = await startTeacher(test);
  const { store, folder } = disposedAfter(test, await temporaryStore());
  const small = { seedTasksPerPrompt: 1, promptsPerRequest: 2, instructionsPerPrompt: 4, maxTokens: 64 };
  const settings = profile.name === 'scripted' ? small : { promptsPerRequest: 2 };
  const profiles = { names: [profile.name], get: () => profile };
  return { folder, sources: { store, profiles, env: {} }, small: { teacher: profile.name, ...settings } };
}

async function waitsForMoney(handle: WorkflowHandle): Promise<void> {
  await eventually(
    () => handle.query(progressQuery),
    ({ pauseKind }) => pauseKind === 'budget',
  );
}

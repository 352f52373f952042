import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../activities/attempt.ts';
import { createEvaluateActivities } from '../../../activities/evaluate/activities.ts';
import type { OpenModel } from '../../../activities/evaluate/answers/candidate.ts';
import { createTeacherCandidate } from '../../../activities/evaluate/answers/teacher-answers.ts';
import { compareFiles, type FileComparison } from '../../../activities/evaluate/compare-files.ts';
import { type EvaluateDependencies, EvaluateStep } from '../../../activities/evaluate/evaluate-step.ts';
import { PREFERENCE } from '../../../activities/evaluate/judge/no-verdicts.ts';
import { createTeacherJudge } from '../../../activities/evaluate/judge/teacher-judge.ts';
import type { TeacherClient } from '../../../activities/teacher/client.ts';
import { openLedger } from '../../../activities/teacher/ledger/ledger.ts';
import { createAdmissions } from '../../../activities/teacher/limits/admissions.ts';
import { loadProfiles } from '../../../activities/teacher/profile/profiles.ts';
import { createProving } from '../../../activities/teacher/proving.ts';
import { prepareBaseModel } from '../../../activities/tokenize/base-model.ts';
import { type EvaluateResult, evaluateInput } from '../../../workflows/contracts/evaluate.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { eventually, type Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

const INSTRUCTIONS = ['Write a letter.', 'Count to three.'];

/** The loss and the answers are a function of the weights. */
const openModel: OpenModel = async (path) => {
  const [weights = 0] = hash('sha256', await readFile(join(path, 'model.safetensors')), 'buffer');
  return {
    losses: async (rows) => rows.map(({ labels }) => ({ targets: labels.length - 1, sum: weights })),
    complete: async (prompts) => prompts.map((_, index) => [10 + ((weights + index) % 80)]),
    close: async () => {},
  };
};

/** What the teachers of this file reply: to a pair, the answer with a Z; to an instruction, its first word. */
function replyTo(user: string): string {
  if (!user.includes('<answer_1>')) return user.split(' ')[0] ?? '';
  const [first = '', second = ''] = user.split('<answer_2>');
  return `{"preference": ${first.includes('Z') ? 1 : second.includes('Z') ? 2 : 0}}`;
}

describe('an evaluation, by the workflow and by the command', () => {
  let harness: Harness;
  let root: string;
  let files: { questions: string; a: string; b: string; trained: string };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-evaluation-drivers-'));
    const written = async (name: string, rows: object[]) => {
      await writeFile(join(root, name), toJsonLines(rows));
      return join(root, name);
    };
    const answers = (generator: string, texts: string[]) =>
      INSTRUCTIONS.map((instruction, index) => ({ instruction, output: texts[index], generator }));
    files = {
      questions: await written(
        'questions.jsonl',
        INSTRUCTIONS.map((instruction) => ({ instruction, category: 'all' })),
      ),
      a: await written('a.jsonl', answers('A', ['Z', 'plain'])),
      b: await written('b.jsonl', answers('B', ['x', 'y'])),
      trained: join(root, 'trained'),
    };
    const tiny = await prepareBaseModel(
      new URL('../../../seeds/tiny-model', import.meta.url).pathname,
      7, // another seed than the evaluation's: other weights than the built-in model gets
    );
    await tiny.write?.(files.trained);
    harness = await sharedHarness();
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** A store of its own, and teachers of whom `paid` asks a cent a token, 15 of them a reply. */
  async function rooms(): Promise<{
    store: ArtifactStore;
    dependencies: EvaluateDependencies;
    asked: string[];
  }> {
    const store = createLocalStore({ root: await mkdtemp(join(root, 'store-')), importFolders: [root] });
    const { get } = await loadProfiles({ env: {}, offlineTeacherUrl: 'http://127.0.0.1:1/v1' });
    const asked: string[] = [];
    const clientOf = (name: string): TeacherClient => {
      const price = { inputUsdPerMillion: 1e4, outputUsdPerMillion: 1e4 };
      const profile = { ...get('offline'), name, ...(name === 'paid' ? { price } : {}) };
      return {
        ...{ profile, proving: createProving(), admission: createAdmissions()(profile) },
        ask: async (request) => {
          const user = 'messages' in request ? (request.messages.at(-1)?.content ?? '') : '';
          asked.push(user);
          return {
            ...{ text: replyTo(user), finishReason: 'stop', model: 'scripted', refusal: null, maxTokens: 64 },
            usage: { promptTokens: 10, completionTokens: 5 },
          };
        },
        askList: () => assert.fail('one thing is asked at a time'),
      };
    };
    const dependencies: EvaluateDependencies = {
      ...{ store, openModel, rightAnswer: () => null },
      judgeFor: (name, paidBy, budget, verdictTokens) =>
        createTeacherJudge(
          { client: clientOf(name), ledger: openLedger(store, 'judge'), paidBy, budget },
          verdictTokens,
          PREFERENCE,
        ),
      teacherFor: (name, paidBy, budget) =>
        createTeacherCandidate({
          client: clientOf(name),
          ledger: openLedger(store, 'answers'),
          paidBy,
          budget,
        }),
    };
    return { store, dependencies, asked };
  }

  async function byWorkflow(
    input: object,
    raisedTo?: number,
  ): Promise<{ result: EvaluateResult; asked: string[] }> {
    const { dependencies, asked } = await rooms();
    let result: EvaluateResult | undefined;
    await harness.withWorker(createEvaluateActivities(dependencies), async (start) => {
      const handle = await start('evaluate', { instructions: files.questions, ...input });
      if (raisedTo !== undefined) {
        await eventually(
          () => handle.query(progressQuery),
          ({ pauseKind }) => pauseKind === 'budget',
        );
        await handle.executeUpdate('setBudget', { args: [raisedTo] });
      }
      result = (await handle.result()) as EvaluateResult;
    });
    assert.ok(result);
    return { result, asked };
  }

  type Rooms = Awaited<ReturnType<typeof rooms>>;

  const byCommand = (input: object, { store, dependencies }: Rooms, paidBy: string) =>
    compareFiles(
      evaluateInput.parse({ instructions: files.questions, ...input }),
      new EvaluateStep(dependencies, paidBy, unwatched),
      { store, outFolder: join(store.root, 'out') },
      unwatched,
    );

  /** What both tell. The workflow tells of what was held out beside, for which the command has no rows. */
  function shared({ pairwise, candidates, comparisons, costUsd }: EvaluateResult): FileComparison {
    const [{ meanLengthA, meanLengthB, categories } = assert.fail('there is no pair')] = comparisons;
    return {
      ...{ ...pairwise, meanLengthA, meanLengthB, categories, comparisons, costUsd },
      candidates: candidates.map(({ heldOut, ...candidate }) => {
        assert.equal(heldOut, null);
        return candidate;
      }),
    };
  }

  // Uris too are the same: they are made of what was stored.
  it('is the same of two models', async () => {
    const input = { modelA: files.trained, modelB: 'builtin' };
    const { result } = await byWorkflow(input);
    const found = await byCommand(input, await rooms(), 'files');
    assert.deepEqual(found, shared(result));
    assert.deepEqual(
      found.candidates.map(({ kind }) => kind),
      ['model', 'model'],
    );
    assert.notEqual(found.candidates[0]?.answers.sha256, found.candidates[1]?.answers.sha256);
  });

  it('is the same of files of answers', async () => {
    const input = { modelA: files.a, modelB: files.b };
    const { result } = await byWorkflow(input);
    const found = await byCommand(input, await rooms(), 'files');
    assert.deepEqual(found, shared(result));
    assert.deepEqual([found.wins, found.losses, found.ties, found.winRate], [1, 0, 1, 75]);
  });

  it('is the same of a teacher among others, each with each', async () => {
    const input = {
      ...{ modelA: files.a, modelB: { teacher: 'taught' }, others: [files.trained, files.b] },
      pairs: 'all',
    };
    const [workflow, command] = [await byWorkflow(input), await rooms()];
    const found = await byCommand(input, command, 'files');
    assert.deepEqual(found, shared(workflow.result));
    assert.deepEqual(workflow.asked.toSorted(), command.asked.toSorted());
    assert.deepEqual(
      found.comparisons.map(({ a, b }) => `${a}${b}`),
      ['01', '02', '03', '12', '13', '23'],
    );
  });

  it('asks no teacher where a later candidate cannot be read', async () => {
    const input = { modelA: files.a, modelB: { teacher: 'taught' }, others: [join(root, 'nowhere')] };
    const command = await rooms();
    await assert.rejects(byCommand(input, command, 'files'), { code: 'NotFound' });
    assert.deepEqual(command.asked, []);
  });

  it('is the same where the budget is reached on the way: the workflow waits, the command is called again', async () => {
    // A reply is $0.15. An answer may be $1.25 at its worst and a verdict above $10: of $5 no verdict is asked.
    const input = { modelA: files.a, modelB: { teacher: 'paid' }, judge: 'paid', budgetUsd: 5 };
    const workflow = await byWorkflow(input, 50);
    const command = await rooms();
    await assert.rejects(byCommand(input, command, 'first'), { code: 'BudgetReached' });
    assert.deepEqual(command.asked.toSorted(), INSTRUCTIONS.toSorted());
    const found = await byCommand({ ...input, budgetUsd: 50 }, command, 'second');
    assert.deepEqual(workflow.asked.toSorted(), command.asked.toSorted());
    // Two answers and four verdicts. A command counts what it pays itself: the answers were paid by the first.
    assert.equal(workflow.result.costUsd.toFixed(9), '0.900000000');
    assert.equal(found.costUsd.toFixed(9), '0.600000000');
    assert.deepEqual({ ...found, costUsd: 0 }, { ...shared(workflow.result), costUsd: 0 });
  });
});

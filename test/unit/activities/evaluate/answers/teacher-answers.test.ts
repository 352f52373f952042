import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import type { Question } from '../../../../../activities/evaluate/answers/instructions.ts';
import { createTeacherCandidate } from '../../../../../activities/evaluate/answers/teacher-answers.ts';
import { createTeacherClient } from '../../../../../activities/teacher/client.ts';
import { openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { SharedBudget } from '../../../../../activities/teacher/profile/budget.ts';
import { loadProfiles, type TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import type { RetryTeller } from '../../../../../activities/teacher/until-it-passes.ts';
import { type ModelServer, startModelServer } from '../../../../../workers/serve/server.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { scriptedModels } from '../../../workers/serve/served-model.ts';
import { chatReply, errorReply, startScriptedTeacher } from '../../teacher/scripted-teacher.ts';

const question = (instruction: string, input = ''): Question => ({
  instruction,
  input,
  dataset: 'test',
  reference: null,
});

const decoding = { maxNewTokens: 12, temperature: 0.7, topP: 0.9, runSeed: 1 };

/** `alpaca serve` behind a teacher profile: a served model is a candidate like any other teacher. */
describe('a served model as a candidate', () => {
  const models = scriptedModels(['tuned'], ({ prompt }) => [
    prompt.includes('Greet')
      ? ' Hello! '
      : prompt.includes('Think')
        ? '<think>\nBye?\n</think>\nHi.'
        : 'No idea',
  ]);
  let root: string;
  let server: ModelServer;
  let served: TeacherProfile;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-served-'));
    server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
    const { get } = await loadProfiles({ env: {}, offlineTeacherUrl: `${server.url}/v1` });
    served = { ...get('offline'), name: 'served', model: 'tuned' };
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  const candidateOf = (profile: TeacherProfile, ledger: string, paidBy: string) =>
    createTeacherCandidate({
      client: createTeacherClient(profile, {}),
      ledger: openLedger(createLocalStore({ root }), ledger),
      paidBy,
      budget: new SharedBudget(null),
    });

  it('answers in the recipe’s template, with the evaluation’s decoding', async () => {
    const outputs = await candidateOf(served, 'chat', 'first').answer(
      [question('Greet me.'), question('Sum up.', 'A long text.')],
      decoding,
      unwatched,
    );
    assert.deepEqual(outputs, [
      { dataset: 'test', instruction: 'Greet me.', input: '', output: 'Hello!', generator: 'served' },
      {
        dataset: 'test',
        instruction: 'Sum up.',
        input: 'A long text.',
        output: 'No idea',
        generator: 'served',
      },
    ]);
    const greeted = models.asked.find(({ prompt }) => prompt.includes('Greet'));
    assert.match(greeted?.prompt ?? '', /### Instruction:\nGreet me\.\n\n### Response:$/);
    const { maxNewTokens, temperature, topP } = greeted?.options ?? {};
    assert.deepEqual([maxNewTokens, temperature, topP], [12, 0.7, 0.9]);
  });

  it('is compared by its answer, without what it thought', async () => {
    const [output] = await candidateOf(served, 'thinks', 'first').answer(
      [question('Think.')],
      { ...decoding, maxNewTokens: 100 },
      unwatched,
    );
    assert.equal(output?.output, 'Hi.');
  });

  it('is asked once: a second evaluation finds its answers in the ledger', async () => {
    const first = await candidateOf(served, 'once', 'first').answer(
      [question('Greet me.')],
      decoding,
      unwatched,
    );
    const asked = models.asked.length;
    const again = await candidateOf(served, 'once', 'second').answer(
      [question('Greet me.')],
      decoding,
      unwatched,
    );
    assert.deepEqual(again, first);
    assert.equal(models.asked.length, asked);
  });

  it('keeps what was sent when the evaluation is stopped, and is asked nothing more', async () => {
    const questions = ['Greet me.', 'Greet him.', 'Greet her.'].map((instruction) => question(instruction));
    const oneByOne = { ...served, concurrency: 1 };
    const asked = models.asked.length;
    const stop = new AbortController();
    const report = () => stop.abort(new Error('stopped'));
    const stopped = candidateOf(oneByOne, 'stops', 'first').answer(questions, decoding, {
      signal: stop.signal,
      report,
    });
    await assert.rejects(stopped, { message: 'stopped' });
    assert.equal(models.asked.length - asked, 1);
    await candidateOf(oneByOne, 'stops', 'first').answer(questions, decoding, unwatched);
    assert.equal(models.asked.length - asked, 3);
  });

  it('is asked again for an answer that its server broke off, and not for one that reached the limit', async (test) => {
    const replies = [
      chatReply('Half', 'abort'),
      chatReply('Whole.'),
      chatReply('As far as it goes', 'length'),
    ];
    const teacher = disposedAfter(test, await startScriptedTeacher((_, index) => replies[index] ?? 'cut'));
    const candidate = createTeacherCandidate({
      client: createTeacherClient(teacher.profile({ concurrency: 1 }), {}),
      ledger: openLedger(createLocalStore({ root }), 'broken-off'),
      ...{ paidBy: 'first', budget: new SharedBudget(1) },
    });
    const outputs = await candidate.answer([question('One.'), question('Two.')], decoding, unwatched);
    assert.deepEqual(
      outputs.map(({ output }) => output),
      ['Whole.', 'As far as it goes'],
    );
  });

  it('has U+FFFD where its teacher wrote half of a surrogate pair, which no judge can be shown', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('Hi \ud83d.')));
    const candidate = createTeacherCandidate({
      client: createTeacherClient(teacher.profile(), {}),
      ledger: openLedger(createLocalStore({ root }), 'halves'),
      ...{ paidBy: 'first', budget: new SharedBudget(1) },
    });
    const [output] = await candidate.answer([question('Greet me.')], decoding, unwatched);
    assert.equal(output?.output, 'Hi \ufffd.');
  });

  it('whose answers have no text stops after a handful, and says what to set', async (test) => {
    const usage = { prompt_tokens: 9, completion_tokens: 12 };
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => chatReply('<think>Hm', 'length', null, usage)),
    );
    const candidate = createTeacherCandidate({
      client: createTeacherClient(teacher.profile(), {}),
      ledger: openLedger(createLocalStore({ root }), 'silent'),
      ...{ paidBy: 'first', budget: new SharedBudget(1) },
    });
    const questions = Array.from({ length: 20 }, (_, index) => question(`Say ${index}.`));
    await assert.rejects(candidate.answer(questions, decoding, unwatched), {
      code: 'EmptyAnswers',
      message: /all 12 tokens of each were spent .*maxNewTokens/,
    });
    assert.equal(teacher.calls.length, 5);
  });

  it('that asks to wait for longer than a minute is waited for by a command, which says so, and not by an attempt', async (test) => {
    const limit = errorReply(429, { message: 'Slow down.' }, { 'retry-after': '90' });
    const teacher = disposedAfter(test, await startScriptedTeacher(() => limit));
    const stop = new AbortController();
    const waits: number[] = [];
    const answer = (told?: RetryTeller) =>
      createTeacherCandidate({
        client: createTeacherClient(teacher.profile(), {}),
        ledger: openLedger(createLocalStore({ root }), told ? 'told' : 'untold'),
        ...{ paidBy: 'first', budget: new SharedBudget(1), told },
      }).answer([question('Greet me.')], decoding, { signal: stop.signal, report() {} });
    await assert.rejects(answer(), { code: 'RateLimited', retryAfterMs: 90_000 });
    const waiting = answer((_, waitMs) => {
      waits.push(waitMs);
      stop.abort(new Error('stopped'));
    });
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.deepEqual(waits, [90_000]);
  });

  it('is asked by the template itself where the profile completes texts', async () => {
    const completing: TeacherProfile = { ...served, style: 'completions' };
    const [output] = await candidateOf(completing, 'text', 'first').answer(
      [question('Greet me.', 'Politely.')],
      decoding,
      unwatched,
    );
    assert.equal(output?.output, 'Hello!');
    assert.match(models.asked.at(-1)?.prompt ?? '', /### Input:\nPolitely\.\n\n### Response:$/);
  });

  it('needs a budget where it costs money', () => {
    const paid = { ...served, name: 'paid', price: { inputUsdPerMillion: 1, outputUsdPerMillion: 1 } };
    assert.throws(() => candidateOf(paid, 'paid', 'first'), {
      code: 'BudgetRequired',
      message: /^The candidate "paid" costs money, and there is no budget/,
    });
  });
});

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { generateToFile } from '../../../../../activities/generate/generate-to-file.ts';
import { openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { dataRow, dataRowOrSeedTask } from '../../../../../workflows/contracts/data.ts';
import { generateInput } from '../../../../../workflows/contracts/generate.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { chatReply, type Reply, startScriptedTeacher } from '../../teacher/scripted-teacher.ts';
import { temporaryStore } from '../generation-fixture.ts';
import { answerTurn, isTurnPrompt } from './scripted-turns.ts';

/** Of each prompt two tasks, the second with an input. */
function answerRows(prompt: string): Reply {
  const word = (place: number) => `w${hash('sha256', prompt).slice(place, place + 7)}`;
  const first = ` Explain ${word(0)} ${word(7)} ${word(14)} now\n2. Input:\n<noinput>\n2. Output:\nIt is ${word(0)} then\n`;
  return chatReply(
    `${first}###\n3. Instruction: Sort ${word(21)} ${word(28)} ${word(35)} well\n3. Input:\n${word(42)} b a\n3. Output:\na b\n`,
  );
}

async function setUp(turn: (prompt: string, index: number) => Reply = answerTurn) {
  const temporary = await temporaryStore();
  const teacher = await startScriptedTeacher(({ prompt }, index) =>
    isTurnPrompt(prompt) ? turn(prompt, index) : answerRows(prompt),
  );
  const profile = teacher.profile();
  const sources = { store: temporary.store, profiles: { names: ['scripted'], get: () => profile }, env: {} };
  const small = {
    ...{ teacher: 'scripted', seedTasksPerPrompt: 1, promptsPerRequest: 2, instructionsPerPrompt: 4 },
    ...{ maxTokens: 64, target: 7, budgetUsd: 10, turns: 3 },
  };
  return {
    ...temporary,
    teacher,
    generate: (settings: object = {}) =>
      generateToFile(generateInput.parse({ ...small, ...settings }), sources, unwatched),
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

describe('rows that become conversations', () => {
  it('are asked for a question and its answer in each turn, and lead back to these answers', async (test) => {
    const set = disposedAfter(test, await setUp());
    const result = await set.generate();
    // Two requests of two prompts of two tasks are the first that reach 7; then eight rows, two a request.
    assert.deepEqual(
      result.turns.map(({ stage, requests, data, yield: counts }) => [
        ...[stage, requests, data.rows, counts.asked, counts.accepted],
      ]),
      [
        ['question-2', 4, 8, 8, 8],
        ['answer-2', 4, 8, 8, 8],
        ['question-3', 4, 8, 8, 8],
        ['answer-3', 4, 8, 8, 8],
      ],
    );
    assert.deepEqual([result.requests, result.prompts, result.sent], [18, 36, 36]);
    assert.deepEqual([result.yield.asked, result.yield.accepted, result.data.rows], [12, 8, 8]);
    const rows = await readRows(await set.store.open(result.data), dataRow);
    for (const { instruction, input, output, messages = [] } of rows) {
      assert.deepEqual(
        messages.map(({ role }) => role),
        ['user', 'assistant', 'user', 'assistant', 'user', 'assistant'],
      );
      const asked = input === '' ? instruction : `${instruction}\n\n### Input:\n${input}`;
      assert.deepEqual([messages[0]?.content, messages[1]?.content], [asked, output]);
      assert.match(messages[2]?.content ?? '', /^Why is it w[0-9a-f]{8}\?$/);
      assert.match(messages[5]?.content ?? '', /^Because of w[0-9a-f]{8}\.$/);
    }
    const ledger = openLedger(set.store, 'default');
    const { provenance: { turns = [] } = {}, messages = [] } = rows[0] ?? {};
    assert.equal(turns.length, 2);
    for (const [place, { questionKey, answerKey = '' }] of turns.entries())
      for (const [said, key] of [
        [messages[2 + 2 * place], questionKey],
        [messages[3 + 2 * place], answerKey],
      ] as const)
        assert.ok((await ledger.read(key))?.text.includes(said?.content ?? '-'));
    // A task keeps its input, so that the prompt template with one is learnt; and is a conversation wherever it is read.
    assert.match(rows[1]?.instruction ?? '', /^Sort \w+ \w+ \w+ well$/);
    assert.match(rows[1]?.input ?? '', /^w[0-9a-f]{7} b a$/);
    const read = await readRows(await set.store.open(result.data), dataRowOrSeedTask);
    assert.deepEqual(read, rows);
    const released = dataRowOrSeedTask.parse({ messages: rows[1]?.messages });
    assert.deepEqual([released.instruction, released.input], [rows[1]?.instruction, rows[1]?.input]);
  });

  it('show the teacher all that was said, and nothing of other rows', async (test) => {
    const set = disposedAfter(test, await setUp());
    await set.generate({ target: 1, promptsPerRequest: 1 });
    const [, first, , answered] = set.teacher.calls.filter(({ prompt }) => isTurnPrompt(prompt));
    assert.ok(first && answered);
    const said = first.prompt.split('\n\n### ').slice(1);
    assert.equal(said.length, 3);
    assert.match(said[0] ?? '', /^User:\nSort \w+ \w+ \w+ well\n\nw[0-9a-f]{7} b a$/);
    assert.deepEqual(said.slice(1), ['Assistant:\na b', 'User:']);
    assert.match(answered.prompt, /### User:\nWhy is it w[0-9a-f]{8}\?\n\n### Assistant:$/);
  });

  it('are paid for once: the same again comes from the ledger, whatever the concurrency', async (test) => {
    const set = disposedAfter(test, await setUp());
    const first = await set.generate({ concurrency: 1 });
    const again = await set.generate({ concurrency: 16, roundSize: 1 });
    assert.deepEqual([again.sent, again.data.sha256], [0, first.data.sha256]);
    assert.deepEqual(again.turns, first.turns);
  });

  it('go on over the ledger after a failure between two turns, and pay nothing twice', async (test) => {
    let isDown = true;
    const set = disposedAfter(
      test,
      await setUp((prompt) =>
        isDown && prompt.endsWith('### Assistant:')
          ? { status: 401, json: { error: { message: 'no such key' } } }
          : answerTurn(prompt),
      ),
    );
    await assert.rejects(set.generate());
    const questions = () => set.teacher.calls.filter(({ prompt }) => prompt.endsWith('### User:')).length;
    assert.equal(questions(), 8);
    isDown = false;
    const result = await set.generate();
    // Of the second and the third turn, eight each: those of the second are in the ledger.
    assert.deepEqual([questions(), result.data.rows], [16, 8]);
  });

  it('are dropped by name where the teacher gives no message, or asks again what was asked', async (test) => {
    const odd: ((asked: string) => Reply)[] = [
      () => chatReply('### User:'),
      () => chatReply('Why is', 'length'),
      (asked) => chatReply(asked),
    ];
    const set = disposedAfter(
      test,
      await setUp((prompt) => {
        const [, asked = ''] = /### User:\n([^#]*?)\n\n### Assistant:\na b\n\n### User:$/.exec(prompt) ?? [];
        return (asked === '' ? undefined : odd.shift()?.(asked)) ?? answerTurn(prompt);
      }),
    );
    const { turns, data, yield: counts } = await set.generate({ turns: 2, concurrency: 1 });
    assert.deepEqual([counts.accepted, data.rows], [8, 5]);
    assert.deepEqual(turns[0]?.yield, {
      ...{ asked: 8, parsed: 7, malformed: 1, similar: 0, accepted: 5 },
      filtered: { 'turn-empty': 1, 'question-asked-before': 1 },
    });
  });

  it('hold money back: rows are not paid for whose turns the budget does not cover', async (test) => {
    const set = disposedAfter(test, await setUp());
    const {
      costUsd,
      stopReason,
      turns,
      data,
      yield: counts,
    } = await set.generate({
      ...{ target: 1000, concurrency: 1, budgetUsd: 0.12 },
    });
    assert.equal(stopReason, 'stopped-early');
    assert.ok(costUsd <= 0.12, `${costUsd}`);
    assert.ok(counts.accepted > 0);
    assert.deepEqual([turns.length, data.rows], [4, counts.accepted]);
  });

  it('are none of Self-Instruct’s instances, nor of rows that exist', () => {
    for (const generate of [
      { method: 'self-instruct', turns: 2 },
      { from: 'rows.jsonl', turns: 2 },
    ])
      for (const input of [() => generateInput.parse(generate), () => alpacaInput.parse({ generate })])
        assert.throws(input, /generate\.turns above 1 goes on from rows of the method \\"alpaca\\" alone/);
  });
});

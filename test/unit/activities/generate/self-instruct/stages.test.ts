import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../../activities/dedupe/dedupe-rows.ts';
import { openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { dataRow, stageTask } from '../../../../../workflows/contracts/data.ts';
import { dedupeInput } from '../../../../../workflows/contracts/dedupe.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { answerStage, setUpStages, stageOf } from './scripted-stages.ts';

describe('Self-Instruct without a server', () => {
  it('asks for instructions, then what each is, then instances, and gives a row for each of these', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const result = await set.generate();
    const [instructions, classification] = result.selfInstruct ?? [];
    // Six requests of two prompts of two instructions are the first that reach 21.
    assert.deepEqual(
      [instructions?.stage, instructions?.requests, instructions?.data.rows],
      ['instructions', 6, 24],
    );
    assert.deepEqual([classification?.requests, classification?.data.rows], [12, 24]);
    // Half of them are classifications, of two instances each.
    assert.deepEqual([result.stopReason, result.requests, result.data.rows], ['target', 30, 36]);
    assert.deepEqual([result.prompts, result.sent, set.teacher.calls.length], [60, 60, 60]);
    assert.equal(result.yield.accepted, 36);
  });

  it('leads each row back to its three answers in the ledger', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const { data } = await set.generate();
    const ledger = openLedger(set.store, 'default');
    const [row] = await readRows(await set.store.open(data), dataRow);
    assert.ok(row?.provenance?.task);
    const { ledgerKey, task } = row.provenance;
    const [instances, made, label] = [ledgerKey, task.ledgerKey, task.classificationKey];
    assert.ok((await ledger.read(instances))?.text.includes(row.output));
    assert.ok((await ledger.read(made))?.text.includes(row.instruction.slice(5, 12)));
    assert.equal((await ledger.read(label))?.text.trim(), 'Yes');
  });

  it('has an odd number of tasks in its last request as well', async (test) => {
    const onlyOne = (prompt: string) =>
      stageOf(prompt) === 'instructions' && prompt.length % 3 === 0
        ? answerStage(`${prompt} `)
        : answerStage(prompt);
    const set = disposedAfter(test, await setUpStages(onlyOne));
    const result = await set.generate({ promptsPerRequest: 5, target: 18 });
    const accepted = result.selfInstruct?.[0]?.data.rows ?? 0;
    assert.equal(result.selfInstruct?.[1]?.requests, Math.ceil(accepted / 5));
    assert.equal(result.selfInstruct?.[1]?.data.rows, accepted);
  });

  it('gives the same data whatever the concurrency, the rounds and the order of answers', async (test) => {
    const digests = new Set<string>();
    for (const order of [
      { concurrency: 1, roundSize: 1 },
      { concurrency: 8, roundSize: 4 },
      { concurrency: 16, roundSize: 64 },
    ]) {
      const late = async (prompt: string) => {
        await sleep(Number.parseInt(hash('sha256', prompt).slice(0, 4), 16) % 20);
        return answerStage(prompt);
      };
      const set = disposedAfter(test, await setUpStages(late));
      digests.add((await set.generate(order)).data.sha256);
    }
    assert.equal(digests.size, 1);
  });

  it('shows up to two machine-made instructions once a request may see some', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    await set.generate({ concurrency: 1 });
    const made = set.asked('instructions').map(({ prompt }) => prompt.match(/w[0-9a-f]{7}/g)?.length ?? 0);
    // Requests 0 to 2 see nothing: a request sees what is more than two before it.
    assert.deepEqual(made.slice(0, 6), [0, 0, 0, 0, 0, 0]);
    assert.ok(
      made.slice(6).every((words) => words >= 6 && words <= 8),
      String(made),
    );
  });

  it('sends nothing over its ledger, and takes what each stage lost as lost', async (test) => {
    const cut = new Set<string>();
    const set = disposedAfter(
      test,
      await setUpStages((prompt, index) => {
        const stage = stageOf(prompt);
        if (index === 0 || cut.has(stage)) return answerStage(prompt);
        cut.add(stage);
        return 'cut';
      }),
    );
    const first = await set.generate();
    assert.deepEqual([first.lost, set.teacher.calls.length], [3, 63]);
    const second = await set.generate();
    assert.deepEqual([second.sent, set.teacher.calls.length], [0, 63]);
    assert.equal(second.data.sha256, first.data.sha256);
  });

  it('keeps to its budget in each stage, and goes on from there with another', async (test) => {
    const whole = disposedAfter(test, await setUpStages());
    const { data } = await whole.generate({ concurrency: 1 });
    for (const [budgetUsd, rows] of [
      [0.02, 'none'],
      [0.045, 'none'],
      [0.06, 'some'],
    ] as const) {
      const set = disposedAfter(test, await setUpStages());
      const ended = await set.generate({ concurrency: 1, budgetUsd }).catch((error: Error) => error);
      const spent = set.teacher.calls.length * 0.00112;
      assert.ok(spent <= budgetUsd, `${spent} of ${budgetUsd}`);
      if (ended instanceof Error) {
        assert.equal(rows, 'none');
        assert.match(ended.message, /instructions were accepted, and the budget ended before their/);
      } else assert.deepEqual([rows, ended.stopReason], ['some', 'stopped-early']);
      const again = await set.generate({ concurrency: 1 });
      assert.equal(again.data.sha256, data.sha256);
      assert.equal(set.teacher.calls.length, 60);
    }
  });

  it('keeps the instances of a task together in dedupe over the whole set, at once and in partitions', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const { data } = await set.generate();
    const kept = await dedupeRows(dedupeInput.parse({ data, mode: 'full' }), set.sources, unwatched);
    assert.deepEqual([kept.data.sha256, kept.rejected.rows, kept.similarity?.rows], [data.sha256, 0, 36]);
  });

  it('says before it begins what all three stages are expected to take', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const { selfInstruct } = await set.generate();
    const tasks = await readRows(await set.store.open(selfInstruct?.[1]?.data ?? assert.fail()), stageTask);
    assert.deepEqual(
      tasks.slice(0, 2).map(({ classification }) => classification?.answer),
      ['yes', 'no'],
    );
  });
});

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../../activities/dedupe/dedupe-rows.ts';
import { findPairs } from '../../../../../activities/dedupe/partition/find-pairs.ts';
import { planPartitions } from '../../../../../activities/dedupe/partition/plan-partitions.ts';
import { resolvePairs } from '../../../../../activities/dedupe/partition/resolve-pairs.ts';
import { estimateGeneration } from '../../../../../activities/generate/estimate.ts';
import { createRunOpener } from '../../../../../activities/generate/generation-run.ts';
import { openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { worstCaseUsd } from '../../../../../activities/teacher/profile/prices.ts';
import { dataRow } from '../../../../../workflows/contracts/data.ts';
import { dedupeInput } from '../../../../../workflows/contracts/dedupe.ts';
import { generateInput, requestSettings } from '../../../../../workflows/contracts/generate.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { answerStage, setUpStages, stageOf } from './scripted-stages.ts';

describe('Self-Instruct without a server', () => {
  it('asks for instructions, then what each is, then instances, and gives a row for each of these', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const result = await set.generate();
    const [instructions, classification] = result.selfInstruct?.stages ?? [];
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
    const accepted = result.selfInstruct?.stages[0]?.data.rows ?? 0;
    assert.equal(result.selfInstruct?.stages[1]?.requests, Math.ceil(accepted / 5));
    assert.equal(result.selfInstruct?.stages[1]?.data.rows, accepted);
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
    // Instructions, classified ones and rows of them; each answer is 0.00112 dollars.
    for (const [budgetUsd, instructions, classified, rows, answers] of [
      [0.03, 4, 4, 6, 10],
      [0.045, 8, 8, 12, 20],
      [0.084, 24, 20, 30, 52],
    ] as const) {
      const set = disposedAfter(test, await setUpStages());
      const ended = await set.generate({ concurrency: 1, budgetUsd });
      assert.deepEqual(
        [...(ended.selfInstruct?.stages.map(({ data }) => data.rows) ?? []), ended.data.rows],
        [instructions, classified, rows],
      );
      assert.deepEqual([ended.stopReason, set.teacher.calls.length], ['stopped-early', answers]);
      assert.ok(answers * 0.00112 <= budgetUsd);
      const again = await set.generate({ concurrency: 1 });
      assert.equal(again.data.sha256, data.sha256);
      assert.equal(set.teacher.calls.length, 60);
    }
  });

  it('ends in its last stage, with rows, where instances cost more than was expected', async (test) => {
    const dear = { prompt_tokens: 2800, completion_tokens: 60 };
    const set = disposedAfter(test, await setUpStages((prompt) => answerStage(prompt, dear)));
    const ended = await set.generate({ concurrency: 1, budgetUsd: 0.09 });
    // 22 tasks would have 33 rows.
    assert.deepEqual(
      [...(ended.selfInstruct?.stages.map(({ data }) => data.rows) ?? []), ended.data.rows],
      [24, 22, 24],
    );
    assert.ok(ended.costUsd <= 0.09);
  });

  it('holds back for what an earlier run left in the ledger, which may have ended in its first stage', async (test) => {
    let broken = true;
    const set = disposedAfter(
      test,
      await setUpStages((prompt) =>
        broken && stageOf(prompt) === 'classification' ? { status: 401, json: {} } : answerStage(prompt),
      ),
    );
    await assert.rejects(set.generate({ concurrency: 1, target: 12 }), { code: 'Authentication' });
    broken = false;
    const ended = await set.generate({ concurrency: 1, target: 100, budgetUsd: 0.06 });
    // Three requests were found, and one was asked; all sixteen instructions have their rows.
    assert.deepEqual(
      [...(ended.selfInstruct?.stages.map(({ data }) => data.rows) ?? []), ended.data.rows],
      [16, 16, 24],
    );
    assert.deepEqual([ended.stopReason, ended.sent], ['stopped-early', 34]);
  });

  it('sends nothing over the ledger of a whole run, however small the budget', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const { data } = await set.generate();
    for (const concurrency of [1, 16]) {
      const again = await set.generate({ concurrency, budgetUsd: 0.026 });
      assert.deepEqual([again.data.sha256, again.sent, again.stopReason], [data.sha256, 0, 'target']);
    }
  });

  it('does not begin where a request and what it brings in the later stages are above the budget', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    await assert.rejects(set.generate({ budgetUsd: 0.02 }), {
      code: 'BudgetRequired',
      message:
        'The budget of 0.02 USD does not cover one request: about 25 requests and 0.0104 USD are expected for 21 instructions, and one request can cost up to 0.0143 USD, and what it brings 0.0115 USD more in the stages to come. Raise the budget, or lower promptsPerRequest or maxTokens.',
    });
    assert.equal(set.teacher.calls.length, 0);
  });

  it('keeps the instances of a task together in dedupe over the whole set, at once and in partitions', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const { data } = await set.generate();
    const kept = await dedupeRows(dedupeInput.parse({ data, mode: 'full' }), set.sources, unwatched);
    assert.deepEqual([kept.data.sha256, kept.rejected.rows, kept.similarity?.rows], [data.sha256, 0, 36]);
    const plan = await planPartitions(dedupeInput.parse({ data, partitions: 2 }), set.sources, unwatched);
    const pairs = await Promise.all(
      plan.partitions.map(async (rows, partition) => {
        const input = { threshold: 0.7, partitions: 2, partition, longest: plan.longest, rows };
        return (await findPairs(input, set.sources, unwatched)).pairs;
      }),
    );
    const dedupe = dedupeInput.parse({ data, mode: 'full', partitions: 2 });
    const resolved = await resolvePairs({ dedupe, plan, pairs }, set.sources, unwatched);
    assert.deepEqual(resolved, kept);
  });

  it('writes the original’s files: a line an instruction, a line a question, a line for what its instances were', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const { selfInstruct, data } = await set.generate();
    assert.ok(selfInstruct);
    const lines = async (of: keyof typeof selfInstruct.files) =>
      readRows(await set.store.open(selfInstruct.files[of]), z.record(z.string(), z.unknown()));
    const [instructions, classification, instances] = [
      await lines('instructions'),
      await lines('classification'),
      await lines('instances'),
    ];
    assert.deepEqual([instructions.length, classification.length, instances.length], [24, 24, 24]);
    // Each of the eight seed tasks has an instance, which is learnt too.
    assert.equal((await lines('finetuning')).length, data.rows + 8);
    const [first] = instructions;
    assert.deepEqual(Object.keys(first ?? {}), [
      ...['instruction', 'most_similar', 'avg_similarity_score', 'metadata', 'request_idx'],
    ]);
    assert.deepEqual(
      classification.map(({ is_classification }) => String(is_classification).trim()),
      Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? 'Yes' : 'No')),
    );
    assert.match(String(instances[0]?.raw_instances), /^Class label: w/);
    assert.equal(instances[0]?.instruction, first?.instruction);
    assert.equal(Object.keys(Object(instructions[20]?.most_similar)).length, 10);
  });

  it('says before it begins what all three stages are expected to take, and bounds each request by its own', async (test) => {
    const set = disposedAfter(test, await setUpStages());
    const open = createRunOpener(set.sources);
    const seedTasks = await set.store.resolve(
      set.small.seedTasks,
      'seed-tasks',
      '',
      new AbortController().signal,
    );
    const input = generateInput.parse(set.small);
    const run = await open(requestSettings(input, seedTasks));
    const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
    const { settings, prompts } = run;
    const whole = estimateGeneration({
      settings,
      prompts,
      target: 100,
      concurrency: 1,
      price,
      recorded: null,
    });
    // 14 asked a request, three quarters of which are kept: 10 requests; then 50 and 50 for a hundred tasks.
    assert.deepEqual([whole.requests, whole.acceptedPerRequest], [110, 10.5]);
    const tasks = await set.store.putFile('dataset', 'tasks.jsonl', `${JSON.stringify(TASK)}\n`, {
      ...{ madeBy: 'test', rows: 1 },
    });
    const later = await open(requestSettings(input, seedTasks, { stage: 'instances', tasks }));
    const of = { settings: later.settings, prompts: later.prompts, target: 1, concurrency: 1, price };
    const instances = estimateGeneration({ ...of, recorded: null });
    assert.deepEqual([instances.requests, instances.acceptedPerRequest], [1, 2]);
    const worst = 2 * worstCaseUsd(later.prompts.longest(), 350, price);
    assert.equal(instances.worstCaseRequestUsd.toFixed(9), worst.toFixed(9));
  });
});

const TASK = {
  ...{ instruction: 'Name a tree', mostSimilar: null, similarity: 0 },
  provenance: { request: 0, prompt: 0, segment: 0, ledgerKey: 'k' },
};

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { languageOf } from '../../../../../activities/artifacts/languages/language.ts';
import { createPool } from '../../../../../activities/dedupe/corpus/pool.ts';
import { createInstructionFilter } from '../../../../../activities/generate/parse/filters.ts';
import {
  createSelfInstructPrompts,
  selfInstructTexts,
} from '../../../../../activities/generate/self-instruct/prompts.ts';
import { readClassification } from '../../../../../activities/generate/self-instruct/read-classification.ts';
import { readInstances } from '../../../../../activities/generate/self-instruct/read-instances.ts';
import {
  capitalize,
  readInstructions,
} from '../../../../../activities/generate/self-instruct/read-instructions.ts';
import { selfInstructRequest } from '../../../../../activities/generate/self-instruct/requests.ts';
import { allFamilies } from '../../../../../workers/offline-teacher/tasks/catalogue.ts';
import { complete } from '../../../../../workers/offline-teacher/tasks/completion.ts';
import { contentFaults } from '../../../../../workers/offline-teacher/tasks/faults.ts';
import { judgeSettings } from '../../../../../workers/offline-teacher/tasks/judge.ts';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';
import { seedTask } from '../../../../../workflows/contracts/data.ts';
import type { SelfInstructStage } from '../../../../../workflows/contracts/run/stages.ts';
import { NO_FAULTS } from '../no-faults.ts';

const habits = { repeatsHeading: false, wrapsList: false, thinkingMarks: null };

function promptsOf(language: string) {
  const tasks = readFileSync(builtinPath('seed-tasks', language), 'utf8')
    .trim()
    .split('\n')
    .map((line) => seedTask.parse(JSON.parse(line)));
  const texts = selfInstructTexts.parse(
    JSON.parse(readFileSync(builtinPath('self-instruct', language), 'utf8')),
  );
  return { tasks, prompts: createSelfInstructPrompts(1, tasks, texts) };
}

function ask(
  stage: SelfInstructStage,
  prompt: string,
  seed: string,
  faults: typeof NO_FAULTS | null = NO_FAULTS,
) {
  const { maxTokens, stop } = selfInstructRequest(stage, prompt, { style: 'completions', model: 'm' });
  const { text, finishReason } = complete(prompt, createRandom(seed), {
    ...{ maxTokens, stop, judge: judgeSettings.parse({}) },
    faults: faults ?? contentFaults.parse({}),
  });
  return { text, finishReason, outcome: 'answered' as const };
}

for (const language of ['en', 'ko'] as const) {
  const { tasks, prompts } = promptsOf(language);
  const { instructions: rules } = languageOf(language);
  const filter = createInstructionFilter(rules, rules.selfInstructWords);
  const families = allFamilies().filter((family) => family.language === language);

  describe(`the offline teacher by Self-Instruct in ${language}`, () => {
    it('goes on with the list, in its language, up to the stop', () => {
      const entry = ask('instructions', prompts.instructions(0, 0, []), 'list');
      const { instructions, asked } = readInstructions(entry, filter, habits);
      assert.equal(asked, 7);
      assert.equal(instructions.length, 7);
      for (const { instruction } of instructions)
        assert.equal(/\p{Script=Hangul}/u.test(instruction), language === 'ko');
    });

    it('knows every family’s classifications from its other tasks, without their capitals', () => {
      for (const family of families) {
        const instruction = capitalize(family.compose(createRandom(`task of ${family.name}`)).instruction);
        const entry = ask('classification', prompts.classification(instruction), 'question');
        assert.equal(
          readClassification(entry, habits).isClassification,
          family.isClassification,
          instruction,
        );
      }
    });

    it('writes instances of every family whose outputs are right', () => {
      for (const family of families) {
        const random = createRandom(`instances of ${family.name}`);
        const { instruction } = family.compose(random);
        const prompt = prompts.instances(capitalize(instruction), family.isClassification);
        const entry = ask('instances', prompt, family.name);
        const { instances } = readInstances(entry, family.isClassification, habits);
        assert.ok(instances.length > 0, `${instruction} ${entry.text}`);
        for (const { input, output } of instances) {
          const right = family.recognise(instruction, input)?.replace(/\s+/g, ' ').toLowerCase();
          assert.equal(output.replace(/\s+/g, ' ').toLowerCase(), right, `${instruction} ${input}`);
        }
      }
    });

    it('has one input for each label of a classification with inputs', () => {
      for (const family of families.filter(
        ({ isClassification, hasInput }) => isClassification && hasInput,
      )) {
        const random = createRandom(family.name);
        const tasks = Array.from({ length: 20 }, () => family.compose(random));
        const withInput = tasks.find(({ input }) => input !== '') ?? assert.fail(family.name);
        const instruction = capitalize(withInput.instruction);
        const entry = ask('instances', prompts.instances(instruction, true), family.name);
        const labels = readInstances(entry, true, habits).instances.map(({ output }) => output);
        assert.equal(new Set(labels).size, labels.length);
        assert.ok(labels.length >= 2, `${instruction} ${entry.text}`);
      }
    });

    it('brings 200 tasks and their instances with its usual faults', async () => {
      const pool = createPool({ threshold: 0.7, tokenization: language === 'ko' ? 'unicode' : 'rouge' });
      const accepted: string[] = [];
      let [requests, withInstances, kept] = [0, 0, 0];
      await pool.add(tasks.map(({ instruction }) => instruction));
      while (accepted.length < 200) {
        const entry = ask(
          'instructions',
          prompts.instructions(requests, 0, accepted),
          `run ${requests}`,
          null,
        );
        const read = readInstructions(entry, filter, habits).instructions.filter(({ drop }) => drop === null);
        const candidates = read.map(({ instruction }) => instruction);
        const considered = await pool.consider(candidates);
        accepted.push(...candidates.filter((_, index) => considered[index]?.accepted));
        requests += 1;
        assert.ok(requests < 100, `${accepted.length} of 200 tasks after ${requests} requests`);
      }
      for (const [index, instruction] of accepted.entries()) {
        const question = ask(
          'classification',
          prompts.classification(instruction),
          `question ${index}`,
          null,
        );
        const { isClassification } = readClassification(question, habits);
        const entry = ask(
          'instances',
          prompts.instances(instruction, isClassification),
          `task ${index}`,
          null,
        );
        const { instances } = readInstances(entry, isClassification, habits);
        kept += instances.length;
        if (instances.length > 0) withInstances += 1;
      }
      await pool.close();
      assert.ok(
        withInstances > 0.9 * accepted.length,
        `${withInstances} of ${accepted.length}, ${requests} requests`,
      );
      assert.ok(kept > 1.2 * accepted.length, String(kept));
    });
  });
}

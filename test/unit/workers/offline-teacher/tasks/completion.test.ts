import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStructured } from '../../../../../activities/generate/parse/parse-structured.ts';
import { encodePrompt } from '../../../../../activities/generate/prompt/prompt.ts';
import {
  type CompletionSettings,
  complete,
} from '../../../../../workers/offline-teacher/tasks/completion.ts';
import { type ContentFaults, contentFaults } from '../../../../../workers/offline-teacher/tasks/faults.ts';
import { judgeSettings } from '../../../../../workers/offline-teacher/tasks/judge.ts';
import { readTaskPrompt } from '../../../../../workers/offline-teacher/tasks/prompt.ts';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';
import { rightAnswer } from '../../../../../workers/offline-teacher/tasks/tasks.ts';
import { countTokens, cutToTokens, piecesOf } from '../../../../../workers/offline-teacher/tasks/tokens.ts';

const none: ContentFaults = {
  nearDuplicate: 0,
  brokenNumbering: 0,
  truncatedTask: 0,
  forbiddenWord: 0,
  missingOutput: 0,
  shortInstruction: 0,
  repeatedHeading: 0,
  refusal: 0,
};
const prompt = (next: number, requirements = 'Write 20 diverse task instructions in English.') =>
  `${requirements}\n\n###\n1. Instruction: Say hello\n1. Input:\n<noinput>\n1. Output:\nHello\n\n###\n${next}. Instruction:`;

function ask(text: string, seed: string, options: Partial<CompletionSettings> = {}) {
  const defaults = { maxTokens: 100_000, stop: [], faults: none, judge: judgeSettings.parse({}) };
  return complete(text, createRandom(seed), { ...defaults, ...options });
}

/** The recipe's parser, in its simplest form: what it keeps of an answer, and how many segments it sees. */
function parse(text: string, first: number) {
  const segments = `${first}. Instruction:${text}`.split('###');
  const tasks = segments.flatMap((segment, index) => {
    const parts = segment.split(new RegExp(`${first + index}\\.\\s+(Instruction|Input|Output):`));
    if (parts.length !== 7) return [];
    const [instruction = '', input = '', output = ''] = [parts[2], parts[4], parts[6]].map((part) =>
      part?.trim(),
    );
    return [{ instruction, input: input === '<noinput>' ? '' : input, output }];
  });
  return { segments: segments.length, tasks };
}

describe('continuing the recipe’s prompt', () => {
  it('goes on with the numbering up to the count asked for, each task right', () => {
    const { text, finishReason } = ask(prompt(4), 'numbering');
    const { segments, tasks } = parse(text, 4);
    assert.equal(segments, 17);
    assert.equal(tasks.length, 17);
    assert.equal(finishReason, 'stop');
    for (const { instruction, input, output } of tasks) assert.equal(rightAnswer(instruction, input), output);
  });

  it('starts where the prompt stops and ends where its count ends', () => {
    const requirements = 'Below is the start of a numbered collection of 9 tasks that test an assistant.';
    assert.deepEqual(readTaskPrompt(prompt(7, requirements)), {
      next: 7,
      last: 9,
      language: 'en',
      isAsked: null,
      form: 'text',
    });
    assert.equal(parse(ask(prompt(7, requirements), 'a').text, 7).tasks.length, 3);
  });

  it('reads Korean out of the requirements and answers in Korean', () => {
    for (const requirements of [
      'Give 20 tasks. Write everything in Korean.',
      '한국어로 지시문 20개를 만드세요.',
    ]) {
      const { tasks } = parse(ask(prompt(4, requirements), 'ko').text, 4);
      assert.equal(tasks.length, 17);
      for (const { instruction, input, output } of tasks) {
        assert.match(instruction, /\p{Script=Hangul}/u);
        assert.equal(rightAnswer(instruction, input), output);
      }
    }
  });

  it('stops before the first stop sequence', () => {
    const { text, finishReason } = ask(prompt(4), 'stop', { stop: ['\n20', '\n7.', '\n6. Output'] });
    assert.equal(finishReason, 'stop');
    assert.ok(text.includes('\n6. Input:'));
    assert.ok(!text.includes('\n6. Output'));
  });

  it('ends in the middle at max tokens, and says so', () => {
    const whole = ask(prompt(4), 'length');
    const { text, finishReason, tokens } = ask(prompt(4), 'length', { maxTokens: 200 });
    assert.equal(finishReason, 'length');
    assert.equal(tokens, 200);
    assert.equal(countTokens(text), 200);
    assert.ok(whole.text.startsWith(text));
    assert.equal(ask(prompt(4), 'length', { maxTokens: whole.tokens }).finishReason, 'stop');
  });

  it('answers by the random state alone', () => {
    assert.equal(ask(prompt(4), 'one').text, ask(prompt(4), 'one').text);
    assert.notEqual(ask(prompt(4), 'one').text, ask(prompt(4), 'two').text);
  });

  it('seldom runs into the recipe’s own stops by chance', () => {
    const stop = ['\n20', '20.', '20.'];
    const ended = Array.from({ length: 100 }, (_, seed) =>
      parse(ask(prompt(4), `${seed}`, { stop }).text, 4),
    );
    const whole = ended.filter(({ tasks }) => tasks.length === 16);
    assert.ok(whole.length >= 85, `${whole.length} of 100 answers reach task 19`);
  });
});

describe('a prompt that asks for JSON', () => {
  const asked = encodePrompt(
    'Write {count} tasks.',
    [{ instruction: 'Say hello', input: '', output: 'Hello' }],
    6,
    'json',
  );

  it('is answered with the tasks asked for, each right', () => {
    const { parsed, segments } = parseStructured(ask(asked, 'json').text);
    assert.deepEqual([parsed.length, segments], [5, 5]);
    for (const { instruction, input, output } of parsed)
      assert.equal(rightAnswer(instruction, input), output);
  });

  it('shows faults of form as tasks without an output', () => {
    const { parsed, segments } = parseStructured(
      ask(asked, 'json', { faults: { ...none, missingOutput: 1 } }).text,
    );
    assert.deepEqual([parsed.length, segments], [0, 5]);
  });
});

describe('other prompts', () => {
  it('get an instruction’s right answer where a family knows it, bare or in the recipe’s template', () => {
    const [task] = parse(ask(prompt(4), 'template').text, 4).tasks.filter(({ input }) => input !== '');
    assert.ok(task);
    const template = `Below is an instruction.\n\n### Instruction:\n${task.instruction}\n\n### Input:\n${task.input}\n\n### Response:`;
    assert.equal(ask(template, 'any').text, task.output);
    const [bare] = parse(ask(prompt(4), 'template').text, 4).tasks.filter(({ input }) => input === '');
    assert.ok(bare);
    assert.equal(ask(bare.instruction, 'any').text, bare.output);
  });

  it('get garbage where they are malformed', () => {
    const { text } = ask('Write 20 tasks.\n\n### 4 Instruction', 'garbage');
    assert.match(text, /^[a-z]+(?: [a-z]+){3,}$/);
    assert.equal(parse(text, 4).tasks.length, 0);
  });
});

describe('faults of content', () => {
  const answerWith = (fault: keyof ContentFaults, seed = fault) =>
    ask(prompt(4), seed, { faults: { ...none, [fault]: 1 } });

  const bareAnswer = (seed: string) => ask(prompt(4), seed).text;

  it('leave nothing for the parser where numbering, output or end are broken', () => {
    for (const fault of ['brokenNumbering', 'missingOutput', 'truncatedTask'] as const) {
      assert.deepEqual(parse(answerWith(fault).text, 4).tasks, [], fault);
      assert.equal(parse(answerWith(fault).text, 4).segments, 17, fault);
    }
  });

  it('write forbidden words, and instructions that are too short', () => {
    for (const { instruction } of parse(answerWith('forbiddenWord').text, 4).tasks) {
      assert.match(instruction, /\b(?:draw|image|graph|map|music|video)\b|^Write a program/i);
    }
    for (const { instruction } of parse(answerWith('shortInstruction').text, 4).tasks) {
      assert.ok(instruction.split(' ').length <= 3, instruction);
    }
  });

  it('say earlier tasks again in almost the same words', () => {
    const { text } = ask(prompt(4), 'again', { faults: { ...none, nearDuplicate: 0.5 } });
    const { tasks } = parse(text, 4);
    const again = tasks.filter(({ instruction }) =>
      /[^,] (?:please|now|carefully|again)[.?]?$/.test(instruction),
    );
    assert.ok(again.length >= 3);
    for (const { instruction } of again) {
      const original = instruction.replace(/ (?:please|now|carefully|again)([.?]?)$/, '$1');
      assert.ok(
        tasks.some((task) => task.instruction === original),
        instruction,
      );
    }
  });

  it('begin with the heading that the prompt ended with', () => {
    assert.equal(answerWith('repeatedHeading').text, `4. Instruction:${bareAnswer('repeatedHeading')}`);
  });

  it('refuse with the finish reason of a content filter', () => {
    const { text, finishReason } = answerWith('refusal');
    assert.deepEqual([text, finishReason], ['I cannot help with this request.', 'content_filter']);
  });

  it('keep to their shares', () => {
    const faults = contentFaults.parse({});
    const expected = 1 - (faults.brokenNumbering + faults.truncatedTask + faults.missingOutput);
    const kept = Array.from(
      { length: 60 },
      (_, seed) => parse(ask(prompt(4), `share ${seed}`, { faults }).text, 4).tasks.length,
    );
    const share = kept.reduce((sum, count) => sum + count, 0) / (60 * 17);
    assert.ok(Math.abs(share - expected) < 0.02, `${share} parse, ${expected} should`);
  });
});

describe('tokens', () => {
  it('are counted from the text by the stated rule', () => {
    const counts = ['', 'cat', 'The cat sat.', 'international', '12345', 'a\nb', '한국어', '  '].map(
      countTokens,
    );
    assert.deepEqual(counts, [0, 1, 4, 4, 2, 3, 3, 0]);
  });

  it('cut and stream a text without losing a letter', () => {
    assert.deepEqual(cutToTokens('The cat sat.', 2), { text: 'The cat', tokens: 2, cut: true });
    assert.deepEqual(cutToTokens('The cat sat.', 4), { text: 'The cat sat.', tokens: 4, cut: false });
    const { text } = ask(prompt(4), 'pieces');
    assert.equal([...piecesOf(text, 8)].join(''), text);
    assert.equal([...piecesOf('one two three', 1)].length, countTokens('one two three'));
  });
});

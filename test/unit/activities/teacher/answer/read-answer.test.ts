import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import { createTeacherClient } from '../../../../../activities/teacher/client.ts';
import type { ChatRequest, CompletionsRequest } from '../../../../../activities/teacher/request-body.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { type Reply, startScriptedTeacher } from '../scripted-teacher.ts';

const sampling = { model: 'scripted-1', temperature: 1, topP: 1, maxTokens: 100, stop: [] };
const chat: ChatRequest = { style: 'chat', ...sampling, messages: [{ role: 'user', content: 'Go on.' }] };
const legacy: CompletionsRequest = { style: 'completions', ...sampling, prompt: 'Go on.', logitBias: {} };

const usage = { prompt_tokens: 7, completion_tokens: 20 };
const chatBody = (message: object, choice: object = {}, body: object = {}) => ({
  choices: [{ index: 0, finish_reason: 'stop', message, ...choice }],
  usage,
  ...body,
});

async function clientOf(test: TestContext, reply: Reply) {
  const teacher = disposedAfter(test, await startScriptedTeacher(() => reply));
  return createTeacherClient(teacher.profile(), {});
}

async function answerTo(test: TestContext, json: unknown) {
  return (await clientOf(test, { json })).ask(chat);
}

async function failureOf(asked: Promise<unknown>): Promise<TeacherFailure> {
  const failure = await asked.then(
    () => assert.fail('it was expected to fail'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof TeacherFailure, String(failure));
  return failure;
}

describe('the text of an answer', () => {
  it('is what its chunks of text say, and thinking is none', async (test) => {
    const content = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'Draft, ' },
          { type: 'text', text: 'draft.' },
        ],
      },
      { type: 'text', text: 'One, ' },
      { type: 'reference', reference_ids: [1] },
      { type: 'output_text', text: 'two, ' },
      'three.',
    ];
    const { text, thinking, finishReason } = await answerTo(test, chatBody({ content }));
    assert.deepEqual([text, thinking, finishReason], ['One, two, three.', 'Draft, draft.', 'stop']);
  });

  it('is booked with the thinking that is shown beside it, whatever the usage says', async (test) => {
    const message = { content: 'Blue.', reasoning_content: 'word '.repeat(90) };
    const { usage, statedUsage } = await answerTo(test, chatBody(message));
    assert.equal(usage?.completionTokens, 91);
    assert.equal(statedUsage, '{"prompt_tokens":7,"completion_tokens":20}');
  });

  for (const name of ['reasoning_content', 'reasoning'])
    it(`is never what stands in ${name}, which is kept beside it`, async (test) => {
      const { text, thinking } = await answerTo(test, chatBody({ content: null, [name]: 'Draft.' }));
      assert.deepEqual([text, thinking], ['', 'Draft.']);
    });

  it('is whole with its thinking: a profile says later what is cut', async (test) => {
    const answer = await answerTo(test, chatBody({ content: '<think>Draft.</think>Answer.' }));
    assert.equal(answer.text, '<think>Draft.</think>Answer.');
    assert.equal('thinking' in answer, false);
  });

  it('is refused where a chunk says so', async (test) => {
    const content = [{ type: 'refusal', refusal: 'I will not.' }];
    assert.equal((await answerTo(test, chatBody({ content }))).refusal, 'I will not.');
  });

  it('is read whatever the endpoint calls its type, or its model', async (test) => {
    const body = JSON.stringify(chatBody({ content: 'Answer.' }, {}, { model: null }));
    for (const contentType of ['text/plain; charset=utf-8', 'application/octet-stream', 'text/html']) {
      const client = await clientOf(test, { body: `\n\n${body}`, contentType });
      const { text, model } = await client.ask(chat);
      assert.deepEqual([text, model], ['Answer.', 'scripted-1']);
    }
  });

  it('is read beside a count that is no number, as Python writes it', async (test) => {
    const body =
      '{"choices": [{"message": {"content": "NaN, \\"Infinity\\""}}], "usage": {"prompt_tokens": 7, "completion_tokens": NaN}}';
    const { text, usage } = await (await clientOf(test, { body })).ask(chat);
    assert.deepEqual([text, usage], ['NaN, "Infinity"', { promptTokens: 7, completionTokens: 100 }]);
  });

  it('is not there in a list of something else', async (test) => {
    const failure = await failureOf(answerTo(test, chatBody({ content: { text: 'Answer.' } })));
    assert.equal(failure.code, 'TeacherMalformed');
    assert.match(failure.message, /not the form of a chat completion: \{"choices":.*"Answer\."/);
  });
});

describe('the usage of an answer', () => {
  it('is at least what its thinking must have taken, where that stands beside the text', async (test) => {
    const message = { content: 'Answer.', reasoning_content: 'word '.repeat(500) };
    const json = chatBody(message, {}, { usage: { prompt_tokens: 7, completion_tokens: 1 } });
    assert.deepEqual((await answerTo(test, json)).usage, { promptTokens: 7, completionTokens: 501 });
  });
});

describe('the end of an answer', () => {
  for (const [said, kept] of [
    ['stop', 'stop'],
    ['end_turn', 'end_turn'],
    [null, 'stop'],
    ['', 'stop'],
    ['max_tokens', 'max_tokens'],
    ['network_error', 'network_error'],
  ] as const)
    it(`is "${kept}" where the endpoint says ${JSON.stringify(said)}`, async (test) => {
      const json = chatBody({ content: 'Answer.' }, { finish_reason: said });
      assert.equal((await answerTo(test, json)).finishReason, kept);
    });

  it('is the token limit where the answer has all of it, whatever the endpoint says', async (test) => {
    const used = (tokens: number) => ({ usage: { prompt_tokens: 7, completion_tokens: tokens } });
    for (const said of ['stop', null]) {
      const at = (tokens: number) =>
        answerTo(test, chatBody({ content: 'Answer.' }, { finish_reason: said }, used(tokens)));
      assert.equal((await at(99)).finishReason, 'stop');
      assert.equal((await at(100)).finishReason, 'length');
    }
  });

  it('is an error where one stands behind the text, in the choice or beside it', async (test) => {
    const error = { code: 502, message: 'Upstream error' };
    for (const json of [
      chatBody({ content: 'Half' }, { error }),
      chatBody({ content: 'Half' }, {}, { error }),
    ]) {
      const { text, finishReason } = await answerTo(test, json);
      assert.deepEqual([text, finishReason], ['Half', 'error']);
    }
  });
});

describe('what failed before the first word of an answer', () => {
  it('is its error’s failure by its own code: what is final is asked once', async (test) => {
    for (const [status, code, retried] of [
      [401, 'Authentication', false],
      [402, 'QuotaExhausted', false],
      [429, 'RateLimited', true],
      [502, 'TeacherUnavailable', true],
    ] as const) {
      const error = { code: status, message: 'No.' };
      for (const json of [
        { error },
        { choices: [{ finish_reason: 'error', message: { content: '' }, error }] },
        { choices: [{ finish_reason: null, message: { content: '<think>Draft.' }, error }] },
      ]) {
        const failure = await failureOf(answerTo(test, json));
        assert.deepEqual([failure.code, failure.retryable, failure.mayBePaid], [code, retried, false]);
      }
    }
  });

  it('lowers the token limit where it says that the context is too short', async (test) => {
    const tooLong = { error: { code: 400, message: 'Please reduce your prompt.' } };
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((_, index) => ({
        json: index === 0 ? tooLong : chatBody({ content: 'Answer.' }),
      })),
    );
    const { maxTokens } = await createTeacherClient(teacher.profile(), {}).ask(chat);
    assert.equal(maxTokens, 80);
  });

  it('is asked again where the server only broke off, and may be paid', async (test) => {
    const json = chatBody({ content: '' }, { finish_reason: 'insufficient_system_resource' });
    const failure = await failureOf(answerTo(test, json));
    assert.deepEqual([failure.code, failure.mayBePaid], ['TeacherUnavailable', true]);
    assert.match(failure.message, /it broke its answer off \(insufficient_system_resource\)/);
  });

  it('is refused where a filter held the whole back, by any of its names', async (test) => {
    for (const finish_reason of ['content_filter', 'SAFETY', 'sensitive'])
      assert.match(
        (await answerTo(test, chatBody({ content: null }, { finish_reason }))).refusal ?? '',
        /held the whole answer back/,
      );
  });
});

describe('a list of answers', () => {
  const requests = ['One.', 'Two.', 'Three.'].map((prompt) => ({ ...legacy, prompt }));
  const ends = async (test: TestContext, choices: object[], tokens: number) => {
    const json = { choices, usage: { prompt_tokens: 9, completion_tokens: tokens } };
    const answers = await (await clientOf(test, { json })).askList(requests);
    return answers.map((answer) => answer && [answer.text, answer.finishReason]);
  };
  const error = { code: 402, message: 'No credit.' };

  it('has an end for each, and none for one that failed before its first word', async (test) => {
    const choices = [
      { index: 0, text: 'one', finish_reason: 'abort' },
      { index: 1, text: '', error },
      { index: 2, text: 'three', finish_reason: 'stop', error },
    ];
    assert.deepEqual(await ends(test, choices, 20), [['one', 'abort'], null, ['three', 'error']]);
  });

  it('is cut as a whole where an error stands beside it', async (test) => {
    const json = { choices: [{ index: 0, text: 'one', finish_reason: 'stop' }], error };
    const [first] = await (await clientOf(test, { json })).askList(requests);
    assert.equal(first?.finishReason, 'error');
  });

  it('is cut as a whole where it has every token that it might have', async (test) => {
    const choices = [0, 1, 2].map((index) => ({ index, text: 'word', finish_reason: 'stop' }));
    assert.deepEqual(await ends(test, choices, 300), Array(3).fill(['word', 'length']));
    assert.deepEqual(await ends(test, choices, 299), Array(3).fill(['word', 'stop']));
  });

  it('fails by the error of a choice where none of them came', async (test) => {
    const json = { choices: [{ index: 0, text: '', error }] };
    const failure = await failureOf((await clientOf(test, { json })).askList(requests));
    assert.equal(failure.code, 'QuotaExhausted');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusal } from '../../../../../activities/filter/rules/refusal.ts';
import { reasonOf } from './rows.ts';

describe('the rule refusal', () => {
  it('drops answers in which the teacher declines', () => {
    for (const output of [
      "I'm sorry, but I can't assist with that request.",
      'I’m sorry, but I cannot provide the current weather.',
      'As an AI language model, I cannot browse the internet.',
      'Sorry, as an AI I am unable to feel pain, so I have no answer.',
      'I cannot answer this question without the passage.',
      'Unfortunately, I do not have access to the text. Please send it.',
      "I'm just an AI, I can't have a favourite colour.",
    ])
      assert.equal(reasonOf(refusal, { output }), 'the teacher declined', output);
  });

  it('drops them in Korean', () => {
    for (const output of [
      '죄송하지만 그 요청은 도와드릴 수 없습니다.',
      'AI 언어 모델로서 실시간 정보를 제공할 수 없습니다.',
      '죄송합니다. 해당 질문에는 답변을 드릴 수 없습니다.',
    ])
      assert.notEqual(reasonOf(refusal, { output }, 'ko'), null, output);
  });

  it('keeps an apology, and a thing that cannot be done, that are the answer', () => {
    for (const output of [
      "I'm sorry to hear that your flight was late. You are entitled to a refund.",
      'Sorry is a word of five letters.',
      'Unfortunately, the shop cannot refund opened goods.',
      'I cannot help but smile when I think of that summer.',
      'No, a triangle cannot have two right angles, since I would then provide 180 degrees with two of them.',
      'A language model cannot feel pain; it computes the next word.',
    ])
      assert.equal(reasonOf(refusal, { output }), null, output);
  });

  it('keeps a text in which somebody else declines', () => {
    const output = "I'm sorry, but I cannot help you move on Saturday, as I will be away.";
    assert.equal(reasonOf(refusal, { instruction: 'Write a message to a friend, who asked.', output }), null);
    assert.equal(reasonOf(refusal, { instruction: 'Translate the sentence into English.', output }), null);
    assert.notEqual(reasonOf(refusal, { instruction: 'What is a good way to move house?', output }), null);
    const korean = '죄송하지만 토요일에는 도와드릴 수 없습니다.';
    assert.equal(
      reasonOf(refusal, { instruction: '친구에게 정중한 답장을 써 주세요.', output: korean }, 'ko'),
      null,
    );
  });

  it('keeps an answer that goes on with what it can', () => {
    const output = 'I cannot provide the weather of last week, but I can tell today’s: it rains.';
    assert.equal(reasonOf(refusal, { output }), null);
  });

  it('keeps a refusal that an answer comes to later', () => {
    const output = `${'The city has many museums and parks. '.repeat(8)}I cannot provide a full list.`;
    assert.equal(reasonOf(refusal, { output }), null);
  });
});

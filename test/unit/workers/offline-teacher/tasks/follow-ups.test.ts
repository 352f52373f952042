import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { readLanguageJson } from '../../../../../activities/artifacts/languages/language-json.ts';
import {
  conversationPrompt,
  type Speaker,
  turnTexts,
} from '../../../../../activities/generate/turns/conversation-prompt.ts';
import {
  readConversationPrompt,
  writeTurn,
} from '../../../../../workers/offline-teacher/tasks/follow-ups.ts';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';

const FRUIT = [
  { role: 'user' as const, content: 'Name three fruits.' },
  { role: 'assistant' as const, content: 'pear apple fig' },
];
const promptFor = (
  messages: typeof FRUIT | { role: 'user' | 'assistant'; content: string }[],
  speaker: Speaker,
  language = 'en',
) => conversationPrompt(messages, speaker, readLanguageJson(builtinPath('turns', language), turnTexts));
const write = (prompt: string, seed = 1) => {
  const read = readConversationPrompt(prompt);
  assert.ok(read);
  return writeTurn(read, createRandom(String(seed)));
};

describe('the offline teacher in a conversation', () => {
  it('reads who said what, and whose message is asked for', () => {
    const read = readConversationPrompt(promptFor(FRUIT, 'user'));
    assert.deepEqual(read, {
      language: 'en',
      messages: [
        { speaker: 'User', text: 'Name three fruits.' },
        { speaker: 'Assistant', text: 'pear apple fig' },
      ],
      next: 'User',
    });
    assert.equal(readConversationPrompt('### Instruction:\nName a fruit.\n\n### Response:'), null);
  });

  for (const [question, answer] of [
    ['How many words does your answer have?', '3'],
    ['What is the last word of your answer?', 'fig'],
    ['Write the words of your answer from the last to the first.', 'fig apple pear'],
    ['방금 답의 첫 단어는 무엇인가요?', 'pear'],
    ['Pon las palabras de tu respuesta en orden alfabético.', 'apple fig pear'],
  ] as const)
    it(`answers ${question}`, () => {
      assert.equal(write(promptFor([...FRUIT, { role: 'user', content: question }], 'assistant')), answer);
    });

  for (const [language, script] of [
    ['en', /^[A-Z][a-z ]+[.?]$/],
    ['ko', /[가-힣]/],
    ['es', /^(¿|Escribe|Pon)/],
  ] as const)
    it(`asks in the language of the prompt: ${language}`, () => {
      assert.match(write(promptFor(FRUIT, 'user', language)) ?? '', script);
    });

  it('asks no question twice', () => {
    const had = Array.from({ length: 40 }, (_, seed) => {
      const first = write(promptFor(FRUIT, 'user'), seed) ?? '';
      const messages = [
        ...FRUIT,
        { role: 'user' as const, content: first },
        { role: 'assistant' as const, content: 'x' },
      ];
      return [first, write(promptFor(messages, 'user'), seed)];
    });
    assert.ok(had.every(([first, second]) => second !== null && first !== second));
    assert.equal(new Set(had.map(([first]) => first)).size, 5);
  });
});

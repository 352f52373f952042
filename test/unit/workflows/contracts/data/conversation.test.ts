import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchangesOf } from '../../../../../workflows/contracts/data/conversation.ts';
import { dataRowOrSeedTask } from '../../../../../workflows/contracts/data.ts';

const MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Two and two?' },
  { role: 'assistant', content: 'Four.' },
  { role: 'user', content: 'And one?' },
  { role: 'assistant', content: 'Five.' },
];
const ROW = { instruction: 'Two and two?', input: '', output: 'Four.', messages: MESSAGES };

describe('a row that is a conversation', () => {
  it('is read in OpenAI’s form, content as text or as parts of text', () => {
    const parts = [
      { type: 'text', text: 'Two and ' },
      { type: 'text', text: 'two?' },
    ];
    const given = [
      { role: 'developer', content: 'Be brief.', name: null },
      { role: 'user', content: parts },
      { role: 'assistant', content: 'Four.', tool_calls: null, weight: 1 },
      ...MESSAGES.slice(3),
    ];
    assert.deepEqual(dataRowOrSeedTask.parse({ messages: given, tools: [] }), ROW);
  });

  it('is read in ShareGPT’s form, with its system message among the turns or beside them', () => {
    const turns = [
      { from: 'human', value: 'Two and two?' },
      { from: 'gpt', value: 'Four.' },
      { from: 'human', value: 'And one?' },
      { from: 'gpt', value: 'Five.' },
    ];
    const system = { from: 'system', value: 'Be brief.' };
    assert.deepEqual(dataRowOrSeedTask.parse({ id: 'a', conversations: [system, ...turns] }), ROW);
    assert.deepEqual(dataRowOrSeedTask.parse({ system: 'Be brief.', conversation: turns }), ROW);
  });

  it('reads as it was written, its first exchange beside it', () => {
    assert.deepEqual(dataRowOrSeedTask.parse(ROW), ROW);
    assert.deepEqual(dataRowOrSeedTask.parse(JSON.parse(JSON.stringify(ROW))), ROW);
  });

  it('keeps what an assistant thought', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', reasoning_content: 'c' },
    ];
    assert.deepEqual(dataRowOrSeedTask.parse({ messages }).messages, messages);
  });

  it('is an exchange for each answer', () => {
    assert.deepEqual(exchangesOf(dataRowOrSeedTask.parse(ROW).messages ?? []), [
      { instruction: 'Two and two?', input: '', output: 'Four.' },
      { instruction: 'And one?', input: '', output: 'Five.' },
    ]);
  });

  it('is none where messages of another thing stand beside an instruction', () => {
    const row = { instruction: 'a', input: '', output: 'b' };
    for (const messages of [3, 'x', [{ role: 'user', content: 'a' }], MESSAGES])
      assert.deepEqual(dataRowOrSeedTask.parse({ ...row, messages }), row);
  });

  const user = { role: 'user', content: 'a' };
  const answer = { role: 'assistant', content: 'b' };
  for (const [what, row, path, message] of [
    [
      'an answer first',
      { messages: [answer] },
      'messages.0',
      /roles out of order: an assistant message answers/,
    ],
    ['two questions', { messages: [user, user, answer] }, 'messages.1', /a user message follows another/],
    [
      'a late system message',
      { messages: [user, answer, { role: 'system', content: 'c' }] },
      'messages.2',
      /roles out of order: a system/,
    ],
    [
      'an empty answer',
      { messages: [user, { role: 'assistant', content: ' \n' }] },
      'messages.1',
      /an empty assistant turn/,
    ],
    ['no answer', { messages: [user] }, 'messages', /a conversation with no target/],
    ['nothing at all', { messages: [] }, 'messages', /a conversation with no target/],
    [
      'a tool',
      { messages: [user, { role: 'tool', content: 'c' }] },
      'messages.1.role',
      /"tool" is no role that is learnt/,
    ],
    [
      'a call',
      { messages: [user, { role: 'assistant', content: '', tool_calls: [{}] }] },
      'messages.1.tool_calls',
      /calls of tools/,
    ],
    ['tools', { messages: [user, answer], tools: [{}] }, 'tools', /calls of tools/],
    [
      'a weight',
      { messages: [user, { ...answer, weight: 0 }] },
      'messages.1.weight',
      /none with a weight of its own/,
    ],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages.0.content',
      /expected text/,
    ],
    [
      'a text in their place',
      { conversations: "[{'from': 'human'}]" },
      'conversations',
      /expected a list of messages/,
    ],
    [
      'what is no text',
      { messages: [user, { role: 'assistant', content: 'b\0' }] },
      'messages.1',
      /a NUL character/,
    ],
  ] as const)
    it(`is refused for ${what}, by its place`, () => {
      const [issue] = dataRowOrSeedTask.safeParse(row).error?.issues ?? [];
      assert.equal(issue?.path.join('.'), path);
      assert.match(issue?.message ?? '', message);
    });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conversationOfRow } from '../../../../../activities/tokenize/chat/conversation.ts';
import { type DataRow, dataRowOrSeedTask } from '../../../../../workflows/contracts/data.ts';

const ASKED = { role: 'user', content: 'Add.\n\n### Input:\n1 2' } as const;
const REST = [
  { role: 'assistant', content: '3' },
  { role: 'user', content: 'Why?' },
  { role: 'assistant', content: 'So.' },
] as const;
const provenance = { request: 0, prompt: 0, segment: 0, ledgerKey: 'k' };

describe('a row as a conversation with a model that knows nothing of the recipe', () => {
  it('asks the instruction and the input of a row as two paragraphs', () => {
    const row: DataRow = { instruction: 'Add.', input: '1 2', output: '3' };
    assert.deepEqual(conversationOfRow(row), [{ role: 'user', content: 'Add.\n\n1 2' }, REST[0]]);
  });

  it('asks so too in the first turn of one that was generated, whose messages keep the input apart', () => {
    const row = { instruction: 'Add.', input: '1 2', output: '3', messages: [ASKED, ...REST] };
    const turns = [{ questionKey: 'q', answerKey: 'a' }];
    const generated = dataRowOrSeedTask.parse({ ...row, provenance: { ...provenance, turns } });
    assert.deepEqual(conversationOfRow(generated), [{ role: 'user', content: 'Add.\n\n1 2' }, ...REST]);
  });

  it('has messages that were brought in as they are', () => {
    const brought = dataRowOrSeedTask.parse({ messages: [ASKED, ...REST] });
    assert.deepEqual([brought.instruction, brought.input], ['Add.', '1 2']);
    assert.deepEqual(conversationOfRow(brought), [ASKED, ...REST]);
  });
});

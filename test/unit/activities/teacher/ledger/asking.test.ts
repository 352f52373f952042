import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTeacherClient } from '../../../../../activities/teacher/client.ts';
import { askOnce } from '../../../../../activities/teacher/ledger/asking.ts';
import { type Ledger, openLedger } from '../../../../../activities/teacher/ledger/ledger.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { measuredDuring } from '../../../../measured.ts';
import { temporaryStore } from '../../generate/generation-fixture.ts';
import { CHAT, chatReply, startScriptedTeacher } from '../scripted-teacher.ts';

it('sends nothing for an asking that looked in the ledger while another showed that answers cost more than their worst case', async (test) => {
  const measured = measuredDuring(test);
  const thinking = { total_tokens: 10_100, completion_tokens_details: { reasoning_tokens: 9000 } };
  const usage = { prompt_tokens: 700, completion_tokens: 400, ...thinking };
  const teacher = disposedAfter(
    test,
    await startScriptedTeacher(() => chatReply('An answer.', 'stop', null, usage)),
  );
  const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 10 };
  const client = createTeacherClient(teacher.profile({ price }), {});
  const { store } = disposedAfter(test, await temporaryStore());
  const ledger = openLedger(store, 'main');
  const first = Promise.withResolvers<void>();
  const slowToRead: Ledger = {
    ...ledger,
    onTheWay: ledger.onTheWay,
    read: async (key) => {
      await first.promise;
      return ledger.read(key);
    },
  };
  const { signal } = new AbortController();
  const asking = (text: string, number: number) => ({
    request: { ...CHAT, messages: [{ role: 'user' as const, content: text }] },
    ...{ occurrence: 0, asking: number, paidBy: `${text}/${number}` },
  });
  const second = askOnce(asking('Second.', 0), client, slowToRead, { signal });
  const { status } = await askOnce(asking('First.', 0), client, ledger, { signal });
  first.resolve();
  assert.deepEqual([status, (await second).status, teacher.calls.length], ['answered', 'unsent', 1]);
  const again = await askOnce(asking('Second.', 1), client, ledger, { signal });
  assert.deepEqual([again.status, teacher.calls.length], ['answered', 2]);
  // Two answers of 700 and 9400 tokens, each paid for once, whoever looked them up since.
  await askOnce(asking('Second.', 1), client, ledger, { signal });
  const { 'alpaca_teacher_cost_dollars{profile="scripted"}': dollars = 0, ...others } = measured;
  assert.equal(dollars.toFixed(4), '0.1894');
  assert.equal(others['alpaca_teacher_tokens{profile="scripted", direction="prompt"}'], 1400);
  assert.equal(others['alpaca_teacher_tokens{profile="scripted", direction="completion"}'], 18_800);
});

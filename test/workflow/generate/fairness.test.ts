import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { FAIR_MATCHING } from '../../../workers/embedded/temporal-server.ts';
import { eventually, type OwnHarness, startHarness } from '../harness.ts';
import { answered, type scripted } from '../scripted-activities.ts';

describe('two runs on one small fleet', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(FAIR_MATCHING, { maxConcurrentActivityTaskExecutions: 2 });
  });
  after(() => harness.close());

  /** Starts run A with a long queue, then run B, and says whose each of the requests after that was. */
  async function shareOfLateRun(settings: { early: object; late: object }): Promise<string> {
    const served: string[] = [];
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      served.push(Context.current().info.workflowExecution?.workflowId ?? '');
      await new Promise((resolve) => setTimeout(resolve, 25));
      return answered(request);
    };
    let turns = '';
    await harness.withWorker({ answerRequest }, async (start) => {
      const early = await start('generate', { target: 3000, concurrency: 120, ...settings.early });
      await eventually(
        async () => served.length,
        (length) => length >= 6,
      );
      const late = await start('generate', { target: 150, concurrency: 15, ...settings.late });
      await late.result();
      const first = served.indexOf(late.workflowId);
      const last = served.lastIndexOf(late.workflowId);
      turns = served
        .slice(first, last + 1)
        .map((id) => (id === late.workflowId ? 'B' : 'A'))
        .join('');
      await early.terminate();
    });
    return turns;
  }

  it('take turns: the later one is not served after all of the earlier one', async () => {
    const turns = await shareOfLateRun({ early: {}, late: {} });
    const ofA = turns.replaceAll('B', '').length;
    assert.equal(turns.replaceAll('A', '').length, 15);
    // 100 and more of A's requests wait before B's first; in turn B's 15 meet about as many of A's.
    assert.ok(ofA <= 45, turns);
  });

  it('serve the one of higher priority first', async () => {
    const turns = await shareOfLateRun({ early: { priority: 4 }, late: { priority: 1 } });
    assert.ok(turns.replaceAll('B', '').length <= 8, turns);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
import { STORE_WITNESS } from '../../workflows/decisions/store-witness.ts';
import { type Harness, historiesOfFamily, type OwnHarness, startHarness } from './harness.ts';

/** What each activity of a run was told that the run's store holds, in the order of the server's clock. */
type Told = { activity: string; witness: string | null }[];

describe('an activity of a run', () => {
  let harness: OwnHarness;
  let told: Told;
  let result: AlpacaResult;
  before(async () => {
    // A short history, so that the run continues as new on its way.
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=20']);
    await harness.withWorker({}, async (start) => {
      const handle = await start('alpaca', { generate: { target: 60 } });
      result = await handle.result();
      told = await toldIn(harness, handle.workflowId);
    });
  });
  after(() => harness.close());

  it('is told of something that was made for the run, in steps and after a continuation too', () => {
    const untold = told.filter(({ witness }) => witness === null).map(({ activity }) => activity);
    assert.deepEqual(untold, ['checkInput', 'sampleSeeds']);
  });

  it('is told of the last that was', () => {
    const at = (activity: string) => told.findLast((each) => each.activity === activity)?.witness;
    const { generate, evaluate } = result;
    assert.deepEqual(
      [at('dedupeRows'), at('writeRelease')],
      [generate.yieldByRequest?.uri, evaluate.annotations.uri],
    );
  });
});

async function toldIn({ environment }: Harness, workflowId: string): Promise<Told> {
  const histories = await historiesOfFamily(environment, workflowId);
  const events = histories.flatMap(({ history }) => history.events ?? []);
  return events
    .flatMap(({ activityTaskScheduledEventAttributes: scheduled, eventTime }) =>
      scheduled ? [{ scheduled, at: Number(eventTime?.seconds) * 1e9 + Number(eventTime?.nanos) }] : [],
    )
    .sort((left, right) => left.at - right.at)
    .map(({ scheduled: { activityType, header } }) => {
      const payload = header?.fields?.[STORE_WITNESS];
      const witness = payload ? defaultPayloadConverter.fromPayload<string>(payload) : null;
      return { activity: activityType?.name ?? '', witness };
    });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  actionsPerHour,
  heartbeatsOf,
  reportsInHour,
  reportsOfGenerationInHour,
} from '../../../../bench/actions/per-hour.ts';
import { readActions } from '../../../../bench/actions/server-metrics.ts';

const WEEK_MS = 7 * 24 * 3_600_000;

describe('Actions of Temporal Cloud', () => {
  it('are those of the table in docs/workers.md', () => {
    assert.deepEqual(actionsPerHour(), {
      'sample, dedupe, tokenize, release: each activity that runs': { heartbeats: 360 },
      generate: { activities: 14_400, heartbeats: 0, signals: 29 },
      'train: each shard that runs': { heartbeats: 360, signals: 371 },
      'evaluate: each part that runs': { heartbeats: 360 },
      'a run that is paused': {},
    });
  });

  it('are 60,480 heartbeats in a training of a week, and not one in a short request', () => {
    assert.equal(heartbeatsOf(WEEK_MS), 60_480);
    assert.equal(heartbeatsOf(9000), 0);
  });

  it('become fewer reports with each hour of a step', () => {
    assert.deepEqual([1, 2, 24].map(reportsInHour), [11, 2, 1]);
    assert.deepEqual([1, 2, 24].map(reportsOfGenerationInHour), [29, 7, 1]);
    const ofRun = Array.from({ length: 55 }, (_, hour) => reportsOfGenerationInHour(hour + 1));
    assert.equal(
      ofRun.reduce((sum, reports) => sum + reports),
      98,
    );
  });

  it('are counted from the server’s own metric, without those of its own namespace', () => {
    const metrics = [
      '# TYPE action counter',
      'action{action_type="grpc_RecordActivityTaskHeartbeat",namespace="default",service_name="frontend"} 40',
      'action{action_type="command_SCHEDULE_ACTIVITY_TASK",namespace="default",operation="a"} 3',
      'action{action_type="command_SCHEDULE_ACTIVITY_TASK",namespace="default",operation="b"} 4',
      'action{action_type="grpc_StartWorkflowExecution",namespace="temporal_system"} 2',
    ].join('\n');
    assert.deepEqual(Object.fromEntries(readActions(metrics)), {
      grpc_RecordActivityTaskHeartbeat: 40,
      command_SCHEDULE_ACTIVITY_TASK: 7,
    });
  });
});

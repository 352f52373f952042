/** Series of Temporal's SDK that the board and the alerts ask for; `test/end-to-end/worker.test.ts` looks at a worker's. */

/** A worker that polls has them. */
export const AT_WORK = [
  'temporal_num_pollers',
  'temporal_worker_task_slots_available',
  'temporal_workflow_task_schedule_to_start_latency_seconds_bucket',
  'temporal_activity_schedule_to_start_latency_seconds_bucket',
] as const;

/** They begin with the first failure. */
export const OF_FAILURES = [
  'temporal_workflow_task_execution_failed_total',
  'temporal_activity_execution_failed_total',
  'temporal_request_failure_total',
] as const;

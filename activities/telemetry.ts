/**
 * What this program measures of itself, for whoever collects it: workers serve it to Prometheus
 * (`workers/fleet/metrics-exporter.ts`, docs/observability.md). Like the log it is heard of nobody until a service says where
 * it goes. No label has more than some dozens of values in a fleet's life: runs have none.
 */

/** Seconds that an answer of a language model may take. */
const ANSWER_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];
/** Dollars of one answer, from a thousandth of a cent. */
const ANSWER_DOLLARS = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10];

/** By the name that they are served under; a counter's has `_total` behind it. */
export const METRICS = {
  alpaca_rows_asked: counter('Rows that the considered requests asked a teacher for'),
  alpaca_rows_accepted: counter('Rows that generation accepted'),
  alpaca_rows_dropped: counter('Rows that a step dropped, by the rule that dropped them', 'step', 'rule'),
  alpaca_teacher_request_duration_seconds: histogram(
    ANSWER_SECONDS,
    'Requests to a teacher from sending to their end, by what became of them: answered, or a failure code',
    'profile',
    'outcome',
  ),
  alpaca_teacher_wait_seconds: histogram(
    ANSWER_SECONDS,
    'How long requests waited for their turn before they were sent',
    'profile',
  ),
  alpaca_teacher_tokens: counter('Tokens of answers that were paid for', 'profile', 'direction'),
  alpaca_teacher_cost_dollars: histogram(ANSWER_DOLLARS, 'What answers cost, each once', 'profile'),
  alpaca_budget_left_dollars: gauge('What is left of the budgets of the open runs with one, together'),
  alpaca_budget_used_ratio: gauge('The largest share of its budget that an open run has spent'),
  alpaca_runs_waiting: gauge('Open runs that wait, by what they wait for', 'reason'),
  alpaca_training_active: gauge('1 while a shard of a training is trained, else 0'),
  alpaca_training_steps: counter('Optimizer steps made'),
  alpaca_training_tokens: counter('Tokens trained on, padding not counted'),
  alpaca_training_tokens_per_second: gauge("Of the shard's latest step; 0 before the first"),
  alpaca_training_loss_nats: gauge("Of the shard's latest step, per target token; 0 before the first"),
  alpaca_training_held_out_loss_nats: gauge('As the shard measured last, per target token; 0 before that'),
  alpaca_training_memory_bytes: gauge(
    "Resident memory of the training process; 0 before the shard's first step",
  ),
  alpaca_training_checkpoint_timestamp_seconds: gauge(
    'When the latest checkpoint came into the store, or before the first one the training began',
  ),
  alpaca_training_checkpoint_interval_seconds: gauge(
    'Steps between two checkpoints times the mean duration of a step; 0 before the first step',
  ),
  alpaca_store_written_bytes: counter('Bytes of artifacts that the store took in, by their kind', 'kind'),
  alpaca_store_fetched_bytes: counter('Bytes of artifacts that were fetched from a bucket'),
};

export type MetricName = keyof typeof METRICS;

type LabelOf<Name extends MetricName> = (typeof METRICS)[Name]['labels'][number];
type Labels<Name extends MetricName> = [LabelOf<Name>] extends [never]
  ? []
  : [labels: Readonly<Record<LabelOf<Name>, string>>];

/** Takes a value: a counter adds it, a gauge is it from now on, a histogram has seen it. */
export type Meter = (name: MetricName, value: number, labels: Readonly<Record<string, string>>) => void;

let meter: Meter | null = null;

/** Lets what is measured in this process be heard; null: by nobody. */
export function startTelemetry(take: Meter | null): void {
  meter = take;
}

/** Measures once. What is no number of at least 0, such as the loss of a training that diverged, is left out. */
export function measure<Name extends MetricName>(name: Name, value: number, ...[labels]: Labels<Name>): void {
  if (value >= 0 && Number.isFinite(value)) meter?.(name, value, labels ?? {});
}

function counter<const Label extends string = never>(help: string, ...labels: Label[]) {
  return { kind: 'counter', labels, help } as const;
}

function gauge<const Label extends string = never>(help: string, ...labels: Label[]) {
  return { kind: 'gauge', labels, help } as const;
}

/** @param buckets the upper bounds, in the unit of its name */
function histogram<const Label extends string = never>(
  buckets: readonly number[],
  help: string,
  ...labels: Label[]
) {
  return { kind: 'histogram', labels, help, buckets } as const;
}

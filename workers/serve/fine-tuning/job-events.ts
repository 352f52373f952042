import type { StepMetrics } from '../../../activities/train/metrics.ts';
import type { Stage } from '../../../workflows/contracts/progress.ts';
import type { RunView } from '../../runs/runs.ts';
import { withoutPaths } from '../../without-paths.ts';
import { statusOf } from './job-body.ts';
import type { JobRecord } from './job-records.ts';

/** Something that happened to a job, as OpenAI's API shows it; its id is the same each time that it is shown. */
export interface JobEvent {
  id: string;
  object: 'fine_tuning.job.event';
  created_at: number;
  level: 'info' | 'warn' | 'error';
  message: string;
  type: 'message' | 'metrics';
  data: Record<string, unknown> | null;
}

/** Of a run that no worker answers for nothing of its stages is known, and of its training what the store has. */
type EventSources = {
  record: JobRecord;
  run: Pick<RunView, 'status' | 'stage' | 'standing' | 'closedAt' | 'failure' | 'progress' | 'updates'>;
  metrics: readonly StepMetrics[];
};

/** What is known of a job's course, the latest first. */
export function jobEvents({ record, run, metrics }: EventSources): JobEvent[] {
  const told: Told[] = [
    say('created', record.createdAt, `Created fine-tuning job: ${record.id}`),
    ...(run.progress?.stages ?? []).flatMap(ofStage),
    ...metrics.map((step) => ofStep(step, run.progress?.stages ?? [])),
    ...run.updates.map(({ what, by, at }) => say(`${what}-${Date.parse(at)}`, at, `${what}, by ${by}`)),
    ...ofWaiting(run),
    ...ofEnd(record, run),
  ];
  return told
    .map((event, index) => ({ ...event, index }))
    .sort((left, right) => right.at - left.at || right.index - left.index)
    .map(({ key, at, level = 'info', message, data = null }) => ({
      id: `ftevent-${record.id.slice(-32)}-${key}`,
      object: 'fine_tuning.job.event',
      created_at: Math.floor(at / 1000),
      ...{ level, message, type: data === null ? 'message' : 'metrics', data },
    }));
}

interface Told extends Partial<Pick<JobEvent, 'level' | 'data'>> {
  /** names it among the events of its job */
  key: string;
  /** milliseconds since 1970 */
  at: number;
  message: string;
}

function say(key: string, at: string | number, message: string, level?: JobEvent['level']): Told {
  return { key, at: new Date(at).getTime(), message, ...(level && { level }) };
}

function ofStage({ name, startedAt, endedAt, note }: Stage): Told[] {
  const after = note === '' ? '' : `: ${note}`;
  return [
    ...(startedAt === null ? [] : [say(`${name}-started`, startedAt, `Started the step ${name}`)]),
    ...(endedAt === null ? [] : [say(`${name}-ended`, endedAt, `Finished the step ${name}${after}`)]),
  ];
}

/** `step` counts from 1, as updates that were made. */
function ofStep({ step, epoch, ...metrics }: StepMetrics, stages: readonly Stage[]): Told {
  const { loss, heldOutLoss, learningRate, tokens, endedAt } = metrics;
  const total = stages.find(({ name }) => name === 'train')?.total || null;
  const measured = heldOutLoss === null ? '' : `, validation loss=${heldOutLoss.toFixed(2)}`;
  const of = total === null ? '' : `/${total}`;
  return {
    ...say(
      `step-${step + 1}`,
      endedAt * 1000,
      `Step ${step + 1}${of}: training loss=${loss.toFixed(2)}${measured}`,
    ),
    data: {
      ...{ step: step + 1, total_steps: total, epoch: epoch + 1, train_loss: loss },
      ...(heldOutLoss === null ? {} : { valid_loss: heldOutLoss }),
      ...{ learning_rate: learningRate, tokens },
    },
  };
}

function ofWaiting({ closedAt, progress }: EventSources['run']): Told[] {
  if (closedAt !== null || !progress?.pauseReason) return [];
  const since = progress.stages.findLast(({ startedAt }) => startedAt !== null)?.startedAt;
  return since ? [say('waiting', since, `It waits: ${withoutPaths(progress.pauseReason)}`, 'warn')] : [];
}

function ofEnd({ fineTunedModel }: JobRecord, run: EventSources['run']): Told[] {
  const { closedAt, failure } = run;
  if (closedAt === null) return [];
  switch (statusOf({ ...run, trainedTokens: null })) {
    case 'succeeded':
      return [
        say('model', closedAt, `New fine-tuned model created: ${fineTunedModel}`),
        say('succeeded', closedAt, 'The job has successfully completed'),
      ];
    case 'cancelled':
      return [say('cancelled', closedAt, 'The job was cancelled')];
    default:
      return [say('failed', closedAt, withoutPaths(failure ?? `The run ended: ${run.status}.`), 'error')];
  }
}

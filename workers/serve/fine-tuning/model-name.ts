import { basename } from 'node:path';

/** Names of what jobs have trained: `ft:BASE:alpaca:SUFFIX:ID`, with `:ckpt-step-STEP` of a checkpoint. */

/** What the workflow ids of jobs begin with. */
export const JOB_PREFIX = 'ftjob';

const JOB_ID = /^ftjob-[0-9a-f]{32}$/;
const NAME = /^(ft:[^:]+:alpaca:[^:]*:([0-9a-f]{32}))(?::ckpt-step-(\d{1,9}))?$/;

export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}

/** What a job's model will be called. */
export function nameOfModel(jobId: string, base: string, suffix: string | null): string {
  return `ft:${baseSlug(base)}:alpaca:${slug(suffix ?? '')}:${jobId.slice(JOB_PREFIX.length + 1)}`;
}

export function nameOfCheckpoint(model: string, step: number): string {
  return `${model}:ckpt-step-${step}`;
}

/** The job that a name is of; null where it is no name of a job's model. */
export function jobInName(name: string): { jobId: string; model: string; step: number | null } | null {
  const [, model, id, step] = NAME.exec(name) ?? [];
  if (model === undefined || id === undefined) return null;
  return { jobId: `${JOB_PREFIX}-${id}`, model, step: step === undefined ? null : Number(step) };
}

/** What was trained further keeps the name of what it began with. */
function baseSlug(base: string): string {
  const [, of] = /^ft:([^:]+):/.exec(base) ?? [];
  return slug(of ?? basename(base.replace(/\/+$/, ''))) || 'model';
}

function slug(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, '-').slice(0, 64);
}

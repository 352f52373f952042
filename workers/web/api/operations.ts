import { z } from 'zod';
import { artifactReference } from '../../../workflows/contracts/data.ts';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { estimated, forecast, progress } from '../../../workflows/contracts/progress.ts';
import { said } from '../../../workflows/contracts/run/said.ts';
import { STARTS } from '../../../workflows/decisions/start/starts.ts';
import { STANDINGS, STATUSES } from '../../runs/runs.ts';
import { STARTABLE, type Startable } from '../../runs/startable.ts';
import { RUN_UPDATES, type RunUpdate } from '../../runs/updates.ts';
import { EVENT_STREAM, operation } from './operation.ts';

/** Every operation of `/api/v1`. */

const time = z.iso.datetime();
const run = z.strictObject({
  run: z.string().min(1).max(1000).describe('A workflow id, or the run id of one of its runs'),
});

export const listedRun = z.strictObject({
  workflowId: z.string(),
  runId: z.string(),
  workflow: z.string(),
  status: z
    .string()
    .describe('As Temporal has it: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT'),
  startedAt: time,
  closedAt: time.nullable(),
  stage: z.string().nullable(),
  standing: z.string().nullable().describe('What an open run says of itself, such as `waiting: budget`'),
  accepted: z.number().nullable(),
  costUsd: z.number().nullable(),
  heldOutLoss: z
    .number()
    .nullable()
    .describe('After training, in nats a target token; null until the run has ended'),
  winRate: z.number().nullable().describe('Against the base model, in percent; null until the run has ended'),
  startedBy: z.string().nullable(),
  isForgotten: z.boolean().describe('The server knows it no more: this is of its record in the store'),
});
export type ApiListedRun = z.infer<typeof listedRun>;

export const runDetails = listedRun.extend({
  progress: progress.nullable().describe('Null where no worker answers, and of steps that have none'),
  unpolled: z.string().nullable().describe('Which queue of its fleet nobody polls'),
  failure: z.string().nullable(),
  updates: z.array(said).describe('Who changed what of it through this service'),
});
export type ApiRun = z.infer<typeof runDetails>;

export const listRuns = operation({
  id: 'listRuns',
  path: '/runs',
  summary: 'List runs, the latest first.',
  role: 'read',
  query: z.strictObject({
    workflow: z.enum(STARTABLE).optional(),
    status: z.enum(Object.keys(STATUSES) as [keyof typeof STATUSES]).optional(),
    standing: z.enum(STANDINGS).optional(),
    limit: z.int().min(1).max(1000).default(100),
    after: z
      .string()
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z~[\w-]{1,64}$/, {
        error: 'expected `next` of an answer before',
        abort: true,
      })
      .refine(
        (text) => !Number.isNaN(Date.parse(text.split('~')[0] ?? '')),
        'expected `next` of an answer before',
      )
      .optional()
      .describe('`next` of the answer before this one'),
  }),
  answer: {
    status: 200,
    what: 'Runs, and where the list goes on',
    schema: z.strictObject({
      runs: z.array(listedRun),
      next: z.string().nullable().describe('For `after`; null where these are the last'),
    }),
  },
});

export const getRun = operation({
  id: 'getRun',
  path: '/runs/{run}',
  summary: 'How a run stands.',
  role: 'read',
  params: run,
  answer: { status: 200, what: 'The run', schema: runDetails },
});

export const getResult = operation({
  id: 'getResult',
  path: '/runs/{run}/result',
  summary: 'What a run came to. 409 while it goes on, and where it ended without completing.',
  role: 'read',
  params: run,
  answer: {
    status: 200,
    what: 'The result, in the form of the schema WORKFLOW.result',
    schema: z.strictObject({ workflow: z.string(), result: z.unknown() }),
  },
});

export const followRun = operation({
  id: 'followRun',
  path: '/runs/{run}/events',
  summary:
    'Server-sent events: `run` each time that the run has changed, in the form of getRun, and `end`, the last. ' +
    'A client that was cut off sends `Last-Event-ID`.',
  role: 'read',
  params: run,
  answer: {
    ...{ status: 200, what: 'The events', schema: runDetails, type: EVENT_STREAM },
    others: { 204: { what: 'The run has ended, and the client knows it' } },
  },
});

export const estimateAnswer = z.strictObject({
  generation: z
    .strictObject({ free: z.boolean(), worstCaseRequestUsd: z.number(), forecast })
    .nullable()
    .describe('Null where the run starts from rows that exist'),
  evaluation: z
    .strictObject({ verdicts: z.number(), answers: z.number(), costUsd: estimated })
    .nullable()
    .describe('Null where nobody is paid for it'),
  lines: z.array(z.string()).describe('The same for a person'),
});

export const estimateRun = operation({
  id: 'estimateRun',
  method: 'POST',
  path: '/estimates',
  summary: 'What a run of alpaca with that input would take, with 95% intervals. Nothing is asked for it.',
  role: 'run',
  body: alpacaInput as z.ZodType,
  answer: {
    status: 200,
    what: 'The estimate',
    schema: estimateAnswer,
  },
});

const ending = z.strictObject({ workflowId: z.string() });

export const cancelRun = operation({
  id: 'cancelRun',
  method: 'POST',
  path: '/runs/{run}/cancel',
  summary: 'Ask a run to end in order. What it made stays.',
  role: 'run',
  params: run,
  answer: { status: 202, what: 'It is asked to', schema: ending },
});

export const terminateRun = operation({
  id: 'terminateRun',
  method: 'POST',
  path: '/runs/{run}/terminate',
  summary:
    'End a run at once. What is in flight may be paid for and lost, and the store has no record of it.',
  role: 'admin',
  params: run,
  body: z.strictObject({ reason: z.string().min(1).max(500) }),
  answer: { status: 202, what: 'It has ended', schema: ending },
});

export const getArtifact = operation({
  id: 'getArtifact',
  path: '/artifacts/{kind}/{sha256}/{name}',
  summary:
    'An artifact by its digest: the bytes of a file, or of `file` in a folder; without it, a folder’s files.',
  role: 'read',
  params: z.strictObject({
    kind: z.string().regex(/^[a-z0-9-]{1,64}$/),
    sha256: artifactReference.shape.sha256,
    name: z.string().min(1).max(255),
  }),
  query: z.strictObject({ file: z.string().min(1).max(1000).optional() }),
  answer: {
    ...{ status: 200, what: 'The bytes', schema: null, type: '*/*' },
    others: {
      206: { what: 'The part that `Range` asks for', type: '*/*' },
      304: { what: 'As `If-None-Match` has it' },
    },
  },
});

export const getOpenApi = operation({
  id: 'getOpenApi',
  path: '/openapi.json',
  summary: 'This description.',
  role: 'read',
  answer: { status: 200, what: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) },
});

export const startedRun = z.strictObject({
  workflow: z.enum(STARTABLE),
  workflowId: z.string(),
  runId: z.string(),
});

/** A start for each workflow: its body is the workflow's input. */
export const STARTS_OF_RUNS = STARTABLE.map((workflow) => ({
  workflow,
  operation: operation({
    id: `start${capital(workflow)}`,
    method: 'POST',
    path: `/workflows/${workflow}/runs`,
    summary: `Start the workflow ${workflow} with its input. A budget takes the role spend.`,
    role: 'run',
    body: STARTS[workflow].input as z.ZodType,
    isIdempotent: true,
    answer: { status: 201, what: 'It is started, or was by the same key', schema: startedRun },
  }),
})) satisfies { workflow: Startable }[];

/** An update for each that a run can take. */
export const UPDATES_OF_RUNS = (Object.keys(RUN_UPDATES) as RunUpdate[]).map((name) => ({
  name,
  operation: operation({
    id: name,
    method: 'POST',
    path: `/runs/{run}/updates/${name}`,
    summary: `${RUN_UPDATES[name].what} 409 where the run refuses.`,
    role: RUN_UPDATES[name].role,
    params: run,
    body: RUN_UPDATES[name].body as z.ZodObject,
    isIdempotent: true,
    answer: { status: 200, what: 'What the run answers', schema: RUN_UPDATES[name].answer as z.ZodType },
  }),
}));

export const OPERATIONS = [
  ...[listRuns, getRun, getResult, followRun, estimateRun, cancelRun, terminateRun, getArtifact, getOpenApi],
  ...STARTS_OF_RUNS.map(({ operation: start }) => start),
  ...UPDATES_OF_RUNS.map(({ operation: update }) => update),
];

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

import { z } from 'zod';
import { contentFaults } from './tasks/faults.ts';
import { judgeSettings } from './tasks/judge.ts';

const share = (byDefault: number, meaning: string) =>
  z.number().min(0).max(1).default(byDefault).describe(meaning);

/** Faults on the way, each a share of the askings: drawn from the seed, the request and the attempt. */
const transportFaults = z.strictObject({
  rateLimited: share(0.02, '429 with retry-after, whatever the limits say'),
  serverError: share(0.01, '500 or 503'),
  cutConnection: share(0.005, 'the connection breaks in the middle of the body'),
  malformedBody: share(0.002, 'a body that is no JSON'),
  emptyChoices: share(0.002, 'an answer without choices'),
  slow: share(0.01, 'an answer that takes `slowMs` longer'),
});
export type TransportFaults = z.infer<typeof transportFaults>;

/** Everything that can be set about the offline teacher. `{}` is the embedded default. */
export const offlineTeacherOptions = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0).describe('0 takes any free port'),
  seed: z.string().min(1).default('offline').describe('What every answer and every fault is a function of'),
  log: z.string().min(1).nullable().default(null).describe('A JSON Lines file; one line an answered request'),
  apiKey: z.string().min(1).nullable().default(null).describe('Where set, other keys are answered with 401'),
  latencyMs: z.number().min(0).max(600_000).default(2),
  latencySpreadMs: z
    .number()
    .min(0)
    .max(600_000)
    .default(4)
    .describe('Added evenly from 0 to this, by the seed'),
  slowMs: z.number().min(0).max(600_000).default(400),
  requestsPerMinute: z.int().min(1).default(60_000),
  tokensPerMinute: z.int().min(1).default(60_000_000),
  limitWindowMs: z.int().min(1).default(60_000).describe('How long a minute is; tests shorten it'),
  contextTokens: z.int().min(1).default(16_384).describe('Prompt and completion together'),
  faults: z
    .strictObject({ ...contentFaults.shape, ...transportFaults.shape })
    .prefault({})
    .describe('Shares of the faults of content and of transport'),
  judge: judgeSettings.prefault({}),
  batch: z
    .strictObject({
      seconds: z.number().min(0).max(86_400).default(1).describe('How long a job takes'),
      expireAfter: share(1, 'The share of a job’s lines that is answered when it expires; 1: none expires'),
      failedLines: share(0, 'Lines that end with HTTP 500'),
      rejectedJobs: z.int().min(0).default(0).describe('The first so many jobs fail for a full queue'),
    })
    .prefault({})
    .describe('The Batch API'),
});
export type OfflineTeacherOptions = z.infer<typeof offlineTeacherOptions>;

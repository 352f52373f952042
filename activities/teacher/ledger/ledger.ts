import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';
import { measure } from '../../telemetry.ts';
import type { TeacherRequest } from '../client.ts';
import { type OnTheWay, onTheWayIn } from './on-the-way.ts';
import { recentRecordsOf } from './recent-records.ts';

/**
 * The response ledger: every answer that was paid for, once, by what was asked.
 *
 *   entries/ledger/NAME/ab/KEY.json               the outcome: an answer, or a refusal for good
 *   entries/ledger/NAME/ab/KEY.intent.PLACE.json  written before sending, so that a death is noticed
 *   entries/ledger/NAME/jobs/JOB.json             of a batch job: what it is called at the provider
 *
 * A key is the digest of the original request and its occurrence number. Failures are never outcomes.
 * The ledger knows nothing of what is asked for: generation and judging share it.
 */
export interface Ledger {
  readonly name: string;
  /** what this process and others have sent: an open intent's answer may still come */
  readonly onTheWay: OnTheWay;
  /** the outcome under a key; null where there is none yet */
  read(key: string): Promise<LedgerEntry | null>;
  /** Keeps an outcome. The first one stays: false where there was one already. */
  record(entry: LedgerEntry): Promise<boolean>;
  /** The intents of one key by place from 0 on, the closed ones too. */
  intents(key: string): Promise<IntentRecord[]>;
  /** Writes an intent, durable when this returns; false where one is open already at that place. */
  declareIntent(key: string, place: number, intent: Intent): Promise<boolean>;
  /** Says that an intent's request was definitely not answered, so the place is free again. */
  closeIntent(key: string, place: number, intent: Intent, reason: string): Promise<void>;
  /** What was noted of a batch job, by the name that its intents have; null where nothing was. */
  job(name: string): Promise<JobNote | null>;
  /** Notes it, durable when this returns. */
  noteJob(name: string, note: JobNote): Promise<void>;
}

const jobNote = z.strictObject({
  /** the file that it asks, noted before it is created; null where it certainly was not */
  file: z.string().nullable(),
  /** its id, noted once its creation is seen */
  id: z.string().nullable(),
});
type JobNote = z.infer<typeof jobNote>;

const count = z.int().min(0);
const usage = z.strictObject({
  promptTokens: count,
  completionTokens: count,
  cachedTokens: count.optional(),
  audioPromptTokens: count.optional(),
  audioCompletionTokens: count.optional(),
});

const ledgerEntry = z.strictObject({
  key: z.string(),
  occurrence: z.int().min(0),
  /** the original request, before any lowering of its token limit */
  request: z.looseObject({ style: z.string(), model: z.string() }),
  outcome: z.enum(['answered', 'refused']),
  /** the answer; of a refusal the reason given */
  text: z.string(),
  /** what the endpoint sent of the model's thinking apart from the text; of thinking in the text nothing is cut here */
  thinking: z.string().optional(),
  finishReason: z.string(),
  usage: usage.nullable(),
  /** what the endpoint stated of the API request, as JSON, where that is not what was booked */
  statedUsage: z.string().optional(),
  /** the token limit really sent */
  maxTokens: z.int(),
  /** dollars, from usage and price; the worst case where the endpoint states no usage */
  costUsd: z.number(),
  /** the model that the endpoint says it answered with */
  model: z.string(),
  profile: z.string(),
  /** who paid: names one asking of one run, the same for each attempt at it */
  paidBy: z.string(),
  time: z.iso.datetime(),
});
export type LedgerEntry = z.infer<typeof ledgerEntry>;

const intentRecord = z.strictObject({
  profile: z.string(),
  /** what the asking can cost at the most: what is booked where no answer is ever found */
  worstCaseUsd: z.number(),
  paidBy: z.string(),
  time: z.iso.datetime(),
  /** how often `paidBy` had reserved money for it, from 0; absent where a batch job asks it */
  asking: z.int().min(0).optional(),
  /** the process that sends it; absent where a batch job asks it */
  sender: z.string().optional(),
  /** the batch job that asks it: whether it was answered can be found out at the provider */
  batch: z
    .strictObject({
      /** the job's name in its metadata */
      job: z.string(),
      /** the token limit sent */
      maxTokens: z.int(),
      /** what it is asked with next, where the provider said that prompt and token limit together are too long */
      nextMaxTokens: z.int().optional(),
    })
    .optional(),
  /** why nothing was answered; absent while the intent is open */
  closed: z.string().optional(),
});
export type IntentRecord = z.infer<typeof intentRecord>;
export type Intent = Omit<IntentRecord, 'closed'>;

export function isOpen({ closed }: IntentRecord): boolean {
  return closed === undefined;
}

/**
 * Where the intent of an asking goes: over one of its own that is closed, else behind all others. A place that another
 * has closed is free for everybody at once, and only a new one is given to one alone.
 */
export function freePlace(intents: readonly IntentRecord[], paidBy: string): number {
  const own = intents.findIndex((intent) => !isOpen(intent) && intent.paidBy === paidBy);
  return own === -1 ? intents.length : own;
}

export function openLedger(store: ArtifactStore, name: string): Ledger {
  const folder = (key: string) => `ledger/${name}/${key.slice(0, 2)}`;
  const outcomePath = (key: string) => `${folder(key)}/${key}.json`;
  const intentPath = (key: string, place: number) => `${folder(key)}/${key}.intent.${place}.json`;

  const jobPath = (job: string) => `ledger/${name}/jobs/${job}.json`;
  const recent = recentRecordsOf(store);

  async function readIntent(key: string, place: number): Promise<IntentRecord | null> {
    const path = intentPath(key, place);
    const bytes = await store.readEntry(path);
    return bytes && readRecord(intentRecord, bytes, path);
  }

  return {
    name,
    onTheWay: onTheWayIn(store),
    async read(key) {
      const known = recent?.get(outcomePath(key));
      if (known) return readRecord(ledgerEntry, known, outcomePath(key));
      const bytes = await store.readEntry(outcomePath(key));
      return bytes && readRecord(ledgerEntry, bytes, outcomePath(key));
    },
    async record(entry) {
      const bytes = Buffer.from(toRecord(entry));
      const isFirst = await store.writeEntryOnce(outcomePath(entry.key), bytes);
      if (isFirst) {
        recent?.keep(outcomePath(entry.key), bytes);
        measurePaid(entry);
      }
      return isFirst;
    },
    async intents(key) {
      const found: IntentRecord[] = [];
      for (;;) {
        const intent = await readIntent(key, found.length);
        if (intent === null) return found;
        found.push(intent);
      }
    },
    async declareIntent(key, place, intent) {
      if (await store.writeEntryOnce(intentPath(key, place), toRecord(intent))) return true;
      const found = await readIntent(key, place);
      if (found === null || isOpen(found) || found.paidBy !== intent.paidBy) return false;
      await store.writeEntry(intentPath(key, place), toRecord(intent));
      return true;
    },
    closeIntent: (key, place, intent, reason) =>
      store.writeEntry(intentPath(key, place), toRecord({ ...intent, closed: reason })),
    async job(job) {
      const bytes = await store.readEntry(jobPath(job));
      return bytes && readRecord(jobNote, bytes, jobPath(job));
    },
    noteJob: (job, note) => store.writeEntry(jobPath(job), toRecord(note)),
  };
}

function measurePaid({ profile, usage, costUsd }: LedgerEntry): void {
  measure('alpaca_teacher_cost_dollars', costUsd, { profile });
  measure('alpaca_teacher_tokens', usage?.promptTokens ?? 0, { profile, direction: 'prompt' });
  measure('alpaca_teacher_tokens', usage?.completionTokens ?? 0, { profile, direction: 'completion' });
}

/** SHA-256 of the original request and how often the run asked the same before. */
export function ledgerKey(request: TeacherRequest, occurrence: number): string {
  return createHash('sha256').update(canonicalJson({ request, occurrence })).digest('hex');
}

/** JSON with the keys of every object in order, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function toRecord(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function readRecord<Value>(schema: z.ZodType<Value>, bytes: Buffer, path: string): Value {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw damaged(path, String(error));
  }
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  throw damaged(path, checked.error.issues[0]?.message ?? 'wrong shape');
}

function damaged(path: string, reason: string): AlpacaError {
  return new AlpacaError('CorruptArtifact', `The ledger record ${path} is damaged (${reason}).`, {
    remedy: 'Restore it from a copy, or delete it: its prompt is then asked again and paid for again.',
  });
}

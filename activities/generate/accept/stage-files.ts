import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type ArtifactReference,
  dataRow,
  type RecipeRow,
  type StageTask,
  seedTask,
} from '../../../workflows/contracts/data.ts';
import type { SelfInstructResult } from '../../../workflows/contracts/generate.ts';
import type { GatherInput } from '../../../workflows/contracts/generate-activities.ts';
import type { Tokenization } from '../../../workflows/contracts/run.ts';
import { writeJsonLines } from '../../artifacts/json-lines.ts';
import { readRows } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { dedupeCorpus } from '../../dedupe/corpus/corpus.ts';
import { similarityRows } from '../../dedupe/outcome.ts';
import { AlpacaError } from '../../errors.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { GenerationRun } from '../generation-run.ts';
import {
  type AcceptedInstruction,
  type Asked,
  classificationLine,
  instancesLine,
  instructionLine,
} from '../self-instruct/files.ts';
import { finetuningRows } from '../self-instruct/finetuning.ts';
import { readOutcomes } from './read-outcome.ts';

/** Answers read at a time: each is a file that is open, and a run has one for each of its tasks. */
const READ_AT_ONCE = 32;

/**
 * The original's files of a run by Self-Instruct, made of its tasks, its rows and the ledger. The ten most similar of each
 * instruction, which the rounds do not keep, are measured here.
 *
 * @param run at the stage of the instances
 */
export async function storeStageFiles(
  { requests, tokenization, data }: NonNullable<GatherInput['selfInstruct']> & { data: ArtifactReference },
  run: GenerationRun,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<SelfInstructResult['files']> {
  const accepted = await acceptedInstructions(run, tokenization ?? run.tokenization, attempt);
  const workspace = await store.workspace('self-instruct');
  const put = async (name: string, lines: Iterable<unknown>) => {
    const path = join(workspace, name);
    const rows = await writeJsonLines(path, lines, attempt.signal);
    return store.take('self-instruct', path, { rows, madeBy: 'generate', madeFrom: { rows: data.sha256 } });
  };
  try {
    const questions = await classifications(run, attempt);
    const rows = await readRows(await store.open(data), dataRow);
    const learnt = [...rows, ...(await seedRows(run.settings.seedTasks, store))];
    return {
      instructions: await put('machine_generated_instructions.jsonl', accepted.map(instructionLine)),
      classification: await put('is_clf_or_not.jsonl', questions),
      instances: await put('machine_generated_instances.jsonl', await instances(accepted, requests, run)),
      finetuning: await put('finetuning_data.jsonl', finetuningRows(learnt, run.settings.runSeed)),
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The original's own command takes the seed tasks in as well, each instance a row. */
async function seedRows(seedTasks: ArtifactReference, store: ArtifactStore): Promise<RecipeRow[]> {
  const tasks = await readRows(await store.open(seedTasks), seedTask);
  return tasks.flatMap(({ instruction, instances }) =>
    instances.map(({ input, output }) => ({ instruction, input, output })),
  );
}

async function acceptedInstructions(
  run: GenerationRun,
  tokenization: Tokenization,
  attempt: Attempt,
): Promise<AcceptedInstruction[]> {
  const against = [...run.seedInstructions];
  const rows = run.tasks;
  // Rounds have accepted them: nothing resembles too much.
  const options = { threshold: 1, tokenization, mode: 'full' as const };
  const decisions = await dedupeCorpus(
    against,
    [rows.map(({ instruction }) => instruction)],
    options,
    attempt,
  );
  const measured = [...similarityRows<StageTask>({ rows, against, decisions })];
  const together = { atOnce: READ_AT_ONCE, signal: attempt.signal };
  return mapAtOnce(measured, together, async ({ instruction, provenance, ...similar }) => ({
    instruction,
    request: provenance.request,
    mostSimilar: similar.most_similar_instructions,
    averageSimilarity: similar.avg_similarity_score,
    asked: askedBy(await entryOf(provenance.ledgerKey, run)),
  }));
}

function classifications(run: GenerationRun, { signal }: Attempt) {
  return mapAtOnce(run.tasks, { atOnce: READ_AT_ONCE, signal }, async ({ instruction, classification }) =>
    classificationLine(instruction, askedBy(await entryOf(classification?.ledgerKey ?? '', run))),
  );
}

async function instances(accepted: readonly AcceptedInstruction[], requests: number, run: GenerationRun) {
  const lines: ReturnType<typeof instancesLine>[] = [];
  for (let request = 0; request < requests; request += 1) {
    for (const [prompt, entry] of (await readOutcomes(request, run)).entries()) {
      const task = accepted[request * run.settings.promptsPerRequest + prompt];
      if (task !== undefined) lines.push(instancesLine(task, askedBy(entry)));
    }
  }
  return lines;
}

async function entryOf(key: string, { ledger }: GenerationRun): Promise<LedgerEntry> {
  const entry = await ledger.read(key);
  if (entry) return entry;
  throw new AlpacaError(
    'NotFound',
    `The ledger "${ledger.name}" has no answer ${key}, which it had before.`,
    {
      remedy: 'Check that every worker has the same store.',
    },
  );
}

const completionsAsked = z.looseObject({ prompt: z.string() }).transform(({ prompt }) => prompt);
const chatAsked = z
  .looseObject({ messages: z.array(z.looseObject({ content: z.string() })) })
  .transform(({ messages }) => messages.map(({ content }) => content).join('\n'));
const promptAsked = z.union([completionsAsked, chatAsked]);

function askedBy(entry: LedgerEntry): Asked {
  return { prompt: promptAsked.parse(entry.request), entry };
}

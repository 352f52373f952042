import { hash } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { artifactReference } from '../../../workflows/contracts/data.ts';
import { readRows, toJsonLines } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';
import type { AnsweredBatches } from './answers.ts';
import type { DecodingSettings } from './candidate.ts';
import type { Question } from './instructions.ts';
import { type ModelOutput, modelOutput } from './model-outputs.ts';

/** Changes when the same model would answer the same questions otherwise, as with another batch size. */
const FORM = 1;

/** What a model's answers are a function of. */
export interface AnswersMadeFrom {
  /** the digest of the model folder */
  model: string;
  questions: readonly Question[];
  decoding: DecodingSettings;
}

export interface StoredAnswers {
  reference: ArtifactReference;
  outputs: ModelOutput[];
}

/**
 * A model's answers: found where the same model has answered the same questions with the same decoding,
 * else made by `answer` and kept. What an earlier attempt has answered of them is in `batches`.
 */
export async function answersOnce(
  store: ArtifactStore,
  madeFrom: AnswersMadeFrom,
  answer: (batches: AnsweredBatches) => Promise<ModelOutput[]>,
): Promise<StoredAnswers> {
  const folder = `answers/${keyOf(madeFrom)}`;
  const entry = `${folder}.json`;
  const kept = await find(store, entry);
  if (kept) return kept;
  const outputs = await answer(batchesIn(store, folder));
  const reference = await storeAnswers(store, outputs, {
    madeFrom: { model: madeFrom.model },
    settings: madeFrom.decoding,
  });
  await store.writeEntry(entry, JSON.stringify(reference));
  await store.removeEntries(folder);
  return { reference, outputs };
}

const batchOfAnswers = z.array(z.string());

function batchesIn(store: ArtifactStore, folder: string): AnsweredBatches {
  return {
    async read(start) {
      const record = await store.readEntry(`${folder}/${start}.json`);
      return record && batchOfAnswers.parse(JSON.parse(record.toString('utf8')));
    },
    keep: (start, answers) => store.writeEntry(`${folder}/${start}.json`, JSON.stringify(answers)),
  };
}

/** Answers as an artifact in AlpacaEval's `model_outputs` form, one JSON object a line. */
export function storeAnswers(
  store: ArtifactStore,
  outputs: readonly ModelOutput[],
  about: { madeFrom: Record<string, string>; settings: DecodingSettings },
): Promise<ArtifactReference> {
  return store.putFile('answers', 'model_outputs.jsonl', toJsonLines(outputs), {
    rows: outputs.length,
    madeBy: 'evaluate',
    madeFrom: about.madeFrom,
    settings: { ...about.settings },
  });
}

function keyOf({ model, questions, decoding }: AnswersMadeFrom): string {
  const { runSeed, maxNewTokens, temperature, topP } = decoding;
  return hash(
    'sha256',
    JSON.stringify([FORM, model, { runSeed, maxNewTokens, temperature, topP }, questions]),
  );
}

/** Null where nothing is kept, or what was kept has been pruned since. */
async function find(store: ArtifactStore, entry: string): Promise<StoredAnswers | null> {
  const record = await store.readEntry(entry);
  if (record === null) return null;
  const reference = artifactReference.parse(JSON.parse(record.toString('utf8')));
  try {
    return { reference, outputs: await readRows(await store.open(reference), modelOutput) };
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'NotFound') return null;
    throw error;
  }
}

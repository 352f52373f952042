import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';

/*
 * The original's intermediate files, one JSON object a line, in its field names and their order: machine_generated_instructions.jsonl,
 * is_clf_or_not_ENGINE_template_1.jsonl and machine_generated_instances.jsonl. Its tools read what these functions give.
 */

/** A prompt and what the teacher answered, as the original keeps them; a refusal is no response. */
interface Metadata {
  prompt: string;
  response: { choices: { text: string; index: 0; logprobs: null; finish_reason: string }[] } | null;
  created_at: string;
}

/** A prompt that was asked, and its outcome in the ledger. */
export interface Asked {
  prompt: string;
  entry: Pick<LedgerEntry, 'text' | 'finishReason' | 'outcome' | 'time'>;
}

/** What an accepted instruction resembles of the seeds and of all that was accepted before it. */
interface Similarity {
  /** ROUGE-L of the ten most similar, best first */
  mostSimilar: Readonly<Record<string, number>>;
  /** mean ROUGE-L over all of them */
  averageSimilarity: number;
}

/** An accepted instruction and where it came from. */
export interface AcceptedInstruction extends Similarity {
  instruction: string;
  /** the number of its request in the run, from 0 */
  request: number;
  asked: Asked;
}

/** A line of machine_generated_instructions.jsonl. */
export function instructionLine(accepted: AcceptedInstruction) {
  return {
    instruction: accepted.instruction,
    most_similar: accepted.mostSimilar,
    avg_similarity_score: accepted.averageSimilarity,
    metadata: metadataOf(accepted.asked),
    request_idx: accepted.request,
  };
}

/** A line of is_clf_or_not_ENGINE_template_1.jsonl: the answer to the question as it came, empty where it was refused. */
export function classificationLine(instruction: string, { entry }: Asked) {
  return { instruction, is_classification: textOf(entry) };
}

/** A line of machine_generated_instances.jsonl. */
export function instancesLine(accepted: AcceptedInstruction, asked: Asked) {
  return {
    instruction: accepted.instruction,
    raw_instances: textOf(asked.entry),
    instance_metadata: metadataOf(asked),
    instruction_metadata: metadataOf(accepted.asked),
    most_similar: accepted.mostSimilar,
    avg_similarity_score: accepted.averageSimilarity,
  };
}

function textOf({ text, outcome }: Asked['entry']): string {
  return outcome === 'refused' ? '' : text;
}

function metadataOf({ prompt, entry }: Asked): Metadata {
  const choice = { text: entry.text, index: 0, logprobs: null, finish_reason: entry.finishReason } as const;
  return {
    prompt,
    response: entry.outcome === 'refused' ? null : { choices: [choice] },
    created_at: entry.time,
  };
}

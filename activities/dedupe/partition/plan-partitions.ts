import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { DedupeInput, DedupePlan } from '../../../workflows/contracts/dedupe.ts';
import type { Tokenization } from '../../../workflows/contracts/run.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { checkThreshold } from '../corpus/pool.ts';
import { Int32List } from '../rouge/int32-list.ts';
import { tokenizerFor } from '../rouge/tokenize.ts';
import { Vocabulary } from '../rouge/vocabulary.ts';
import { readInBatches, SEED_TASKS } from '../row-source.ts';
import { provenanceOf } from '../stored-outcome.ts';
import { tokenizationOf, withTokenization } from '../tokenization-choice.ts';
import { PartitionKeys, type PartitionOptions } from './partition-keys.ts';
import { RowFileWriter } from './row-file.ts';
import { Sequences } from './sequences.ts';

/**
 * The first part of dedupe in partitions: encodes the corpus and divides it. Each row goes to the partitions that it may have a
 * pair in.
 */
export async function planPartitions(
  input: DedupeInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<DedupePlan> {
  checkThreshold(input.threshold);
  const { signal } = attempt;
  const data = await store.resolve(input.data, 'dataset', SEED_TASKS, signal);
  const against =
    input.against === null ? null : await store.resolve(input.against, 'dataset', SEED_TASKS, signal);
  const corpus = await withTokenization(input.tokenization, (tokenization, count) =>
    encode(store, { data, against }, { ...input, tokenization, count }, attempt),
  );
  const { sequences, longest, tokenization } = corpus;
  const about = provenanceOf({ ...input, tokenization }, data, against);
  const workspace = await store.workspace('partitions');
  try {
    const files = await divide(sequences, { ...input, longest }, workspace, attempt);
    const partitions: ArtifactReference[] = [];
    for (const { path, rows } of files)
      partitions.push(await store.take('partition', path, { ...about, rows }));
    const path = join(workspace, 'sequences.bin');
    await writeFile(path, corpus.ofTexts.items);
    const rows = corpus.ofTexts.length;
    return {
      data,
      against,
      longest,
      sequences: await store.take('sequences', path, { ...about, rows }),
      partitions,
      ...tokenizationOf({ decisions: corpus }),
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

interface EncodedCorpus {
  sequences: Sequences;
  /** per text its sequence's number; -1 for one without tokens */
  ofTexts: Int32List;
  longest: number;
}

async function encode(
  store: ArtifactStore,
  { data, against }: { data: ArtifactReference; against: ArtifactReference | null },
  {
    tokenization,
    count,
    conversationsBy,
  }: Pick<DedupeInput, 'conversationsBy'> & { tokenization: Tokenization; count: (text: string) => void },
  attempt: Attempt,
): Promise<EncodedCorpus> {
  const vocabulary = new Vocabulary(tokenizerFor(tokenization));
  const sequences = new Sequences();
  const ofTexts = new Int32List();
  const sources = against === null ? [data] : [against, data];
  const total = sources.reduce((sum, { rows }) => sum + rows, 0);
  let longest = 0;
  for (const source of sources) {
    for await (const batch of readInBatches(await store.open(source), null, { conversationsBy }, attempt)) {
      for (const text of batch) {
        const ids = vocabulary.encode(text);
        if (source === data) count(text);
        longest = Math.max(longest, ids.length);
        ofTexts.push(ids.length === 0 ? -1 : sequences.add(ids));
      }
      attempt.report({ done: ofTexts.length, total, unit: 'rows', note: 'encoding' });
    }
  }
  sequences.renumberByRarity(vocabulary.size);
  return { sequences, ofTexts, longest };
}

async function divide(
  sequences: Sequences,
  options: PartitionOptions,
  workspace: string,
  { signal, report }: Attempt,
): Promise<Array<{ path: string; rows: number }>> {
  const keys = new PartitionKeys(options);
  const paths = Array.from({ length: options.partitions }, (_, partition) =>
    join(workspace, `rows-${partition}.bin`),
  );
  const files = await Promise.all(paths.map((path) => RowFileWriter.create(path)));
  try {
    for (let number = 0; number < sequences.size; number += 1) {
      const ids = sequences.at(number);
      for (const partition of keys.partitionsOf(ids)) files[partition]?.add(number, ids);
      if (number % ROWS_AT_A_TIME !== 0) continue;
      for (const file of files) await file.drain();
      signal.throwIfAborted();
      report({ done: number, total: sequences.size, unit: 'rows', note: 'dividing' });
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
  return files.map(({ rows }, partition) => ({ path: paths[partition] ?? '', rows }));
}

const ROWS_AT_A_TIME = 4096;

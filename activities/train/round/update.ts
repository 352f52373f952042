import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { shardOfRound } from '../../../workflows/contracts/rounds.ts';
import { makeFolder } from '../../artifacts/atomic.ts';
import type { WrittenDigests } from '../../artifacts/digest.ts';
import { loraConfig } from '../../model/adapter/lora.ts';
import { elementCount } from '../../model/folder/config.ts';
import { readHeader } from '../../model/folder/safetensors.ts';
import { FIRST, readState, SECOND, UPDATE, WEIGHTS } from '../checkpoint/checkpoint.ts';
import { trainingIdentity } from '../checkpoint/identity.ts';
import { madeOnMachine } from '../checkpoint/machine.ts';
import { piecesOf, readDifference, writeDifference } from './difference-file.ts';
import { type Encoding, encodedBytes } from './encoding.ts';
import { finite, LOST_ENCODING, type ReadValues, subtract, valuesOf } from './merge-tensors.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

/**
 * What a shard of a round hands over, a folder: `difference.bin`, from the weights that the round began with to those
 * that the shard ended with, and `update.json`, which says what it is.
 */
const updateState = z.strictObject({
  format: z.literal(1),
  shard: shardOfRound,
  /** digest of the checkpoint that the round began with; of the base model before the first round */
  start: z.string(),
  /** steps of the plan that are made when the shard is */
  step: z.int(),
  epoch: z.int(),
  /** of the shard: tokens trained on, padding not counted, and those of them that have a label */
  tokens: z.int(),
  targets: z.int(),
  /** bytes that its worker leaves for itself beside it */
  own: z.int(),
  encoding: z.enum(['f32', 'bf16', 'int8']),
  tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int()) })),
  identity: trainingIdentity,
  lora: loraConfig.optional(),
  madeOn: madeOnMachine,
  files: z.record(z.string(), z.string()),
});
export type UpdateState = z.infer<typeof updateState>;

export const DIFFERENCE = 'difference.bin';

/**
 * What a worker leaves for the shard that it trains in the next round, a folder: what the encoding of its update has
 * lost, and Adam's moments where they are kept.
 */
const recordState = z.strictObject({
  format: z.literal(1),
  /** that left it: so no other has this digest */
  shard: shardOfRound,
  /** that the moments have taken in; 0 where they are dropped */
  updates: z.int(),
  files: z.record(z.string(), z.string()),
});
export type RecordState = z.infer<typeof recordState>;

const RECORD = 'record.json';
const LOST = 'lost.bin';

/** The update of a folder, once its files have the digests that they should have. @throws AlpacaError CorruptArtifact */
export function readUpdate(folder: string): Promise<UpdateState> {
  return readStateFile(folder, UPDATE, updateState, 'update');
}

/** The same of a worker's record. */
export function readRecord(folder: string): Promise<RecordState> {
  return readStateFile(folder, RECORD, recordState, 'worker’s record');
}

interface UpdateSources {
  /** the folder of the checkpoint that the shard ended with, whose moments are taken away where they are kept */
  ended: string;
  start: { weights: ReadValues; digest: string };
  tokensBefore: number;
  /** of the worker's shard before; null where there is none */
  record: string | null;
  encoding: Encoding;
  keepsMoments: boolean;
}

export interface WrittenUpdate {
  update: WrittenDigests;
  /** null where a worker has nothing to leave */
  record: WrittenDigests | null;
}

/**
 * Writes what a shard hands over, and what its worker keeps: the difference is encoded together with what was lost
 * before, and what is lost now is left for the next round (error feedback: Seide et al., 2014).
 *
 * @throws AlpacaError TrainingDiverged where a difference is not finite; StorageFull
 */
export async function writeUpdate(
  { ended, start, tokensBefore, record, encoding, keepsMoments }: UpdateSources,
  folders: { update: string; record: string },
): Promise<WrittenUpdate> {
  await makeFolder(folders.update);
  await makeFolder(folders.record);
  const { shard, step, epoch, tokens, targets, updates, identity, lora, madeOn, files } =
    await readState(ended);
  if (!shard || targets === undefined) throw new RangeError('a checkpoint of no round’s shard is no update');
  const tensors = (await readHeader(join(ended, WEIGHTS))).map(({ name, shape }) => ({ name, shape }));
  const before = record === null ? null : await readRecord(record);
  const lostBefore = before && record && LOST in before.files ? join(record, LOST) : null;
  const written = await encodeDifference(
    { ended: join(ended, WEIGHTS), start: start.weights, lost: lostBefore },
    tensors,
    encoding,
    { difference: join(folders.update, DIFFERENCE), lost: join(folders.record, LOST) },
  );
  const left: Record<string, string> = written.lost === null ? {} : { [LOST]: written.lost };
  for (const name of keepsMoments ? [FIRST, SECOND] : []) {
    await rename(join(ended, name), join(folders.record, name));
    left[name] = files[name] ?? '';
  }
  const values = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const lostBytes = written.lost === null ? 0 : encodedBytes(values, LOST_ENCODING);
  const update: UpdateState = {
    ...{ format: 1, shard, start: start.digest, step, epoch, tokens: tokens - tokensBefore, targets },
    ...{ own: lostBytes + (keepsMoments ? 8 * values : 0), encoding, tensors, identity, madeOn },
    ...(lora && { lora }),
    files: { [DIFFERENCE]: written.difference },
  };
  const kept: RecordState = {
    ...{ format: 1, shard },
    updates: keepsMoments ? (updates ?? step) : 0,
    files: left,
  };
  return {
    update: await writeStateFile(folders.update, UPDATE, update),
    record: Object.keys(left).length === 0 ? null : await writeStateFile(folders.record, RECORD, kept),
  };
}

async function encodeDifference(
  from: { ended: string; start: ReadValues; lost: string | null },
  tensors: UpdateState['tensors'],
  encoding: Encoding,
  targets: { difference: string; lost: string },
): Promise<{ difference: string; lost: string | null }> {
  const ended = await valuesOf([from.ended]);
  const lostBefore = from.lost === null ? null : await readDifference(from.lost, LOST_ENCODING);
  try {
    let lost: string | null = null;
    const difference = await writeDifference(targets.difference, encoding, async (append) => {
      const each = async (keep: ((values: Float32Array) => Promise<unknown>) | null) => {
        for (const piece of piecesOf(tensors)) {
          const { tensor, start, length } = piece;
          const wanted = subtract(
            await ended(tensor, start, length),
            await from.start(tensor, start, length),
          );
          const before = await lostBefore?.next(piece);
          if (before) for (let i = 0; i < length; i += 1) wanted[i] = (wanted[i] ?? 0) + (before[i] ?? 0);
          const sent = await append(finite(wanted, tensor.name));
          await keep?.(subtract(wanted, sent));
        }
      };
      if (encoding === 'f32') await each(null);
      else lost = await writeDifference(targets.lost, LOST_ENCODING, each);
    });
    return { difference, lost };
  } finally {
    await lostBefore?.close();
  }
}

import { z } from 'zod';
import { artifactReference } from '../data.ts';
import { INTERNAL } from '../run.ts';

/** A shard that several GPU workers train together, each of which is a node of torchrun. */

/** Which of them a worker is. */
export interface NodeOfShard {
  /** counts the tries of its workflow run: nodes of another try never meet */
  group: number;
  /** 0 has the shard's records and is where the others meet */
  node: number;
  nodes: number;
}

/** A worker that is there, and by node 0 what all are to know. */
export const nodePlace = z.strictObject({
  group: z.int().min(0),
  node: z.int().min(0),
  /** where its machine is reached, and there a port that is free */
  address: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** of node 0: what to go on from; null at the base model */
  checkpoint: artifactReference.nullable(),
  /** of node 0: the step of the best checkpoint that the run has */
  bestStep: z.int().nullable(),
});
export type NodePlace = z.infer<typeof nodePlace>;

/** What every node is told once all are there: the place of node 0. */
export type Rendezvous = Omit<NodePlace, 'group' | 'node'>;

/** The update by which a node says where it is; it is answered when all have. */
export const GATHER_UPDATE = `${INTERNAL}gather`;

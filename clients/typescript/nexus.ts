import { operation, service } from 'nexus-rpc';
import type { z } from 'zod';
import type { GenerateResult, generateInput } from '../../workflows/contracts/generate.ts';
import type { TrainResult, trainInput } from '../../workflows/contracts/train.ts';

/** What is left out of an input has its default: `{}` is a whole one. */
export type TrainInput = z.input<typeof trainInput>;
export type GenerateInput = z.input<typeof generateInput>;
export type { GenerateResult, TrainResult };

/**
 * The Nexus service of a data worker with ALPACA_NEXUS=true, for workflows of other namespaces:
 * `createNexusServiceClient({ endpoint, service: alpaca })`. Each operation is a workflow of the same name; one that is
 * cancelled ends in order. It fails as an ApplicationFailure whose type is a code of docs/failures.md.
 */
export const alpaca = service('alpaca', {
  /** Asks a teacher for instructions, within the `budgetUsd` of its input. */
  generate: operation<GenerateInput, GenerateResult>(),
  /** Trains a model on rows. */
  train: operation<TrainInput, TrainResult>(),
});

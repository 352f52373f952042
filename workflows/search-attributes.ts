import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * What runs can be searched by. They must be registered with the namespace: an unregistered one fails the
 * workflow task for ever, so a worker refuses to start without them.
 */
export const STAGE = defineSearchAttributeKey('AlpacaStage', SearchAttributeType.KEYWORD);
/**
 * Of every workflow that people start or a run has as a step: `running`, `paused` (by a person), `waiting: budget` (or
 * teacher, or storage), and at its end `done`, `failed` or `cancelled`. One that is terminated can say nothing any
 * more: what is open is told by ExecutionStatus.
 */
export const STATE = defineSearchAttributeKey('AlpacaState', SearchAttributeType.KEYWORD);
export const MODEL = defineSearchAttributeKey('AlpacaModel', SearchAttributeType.KEYWORD);
export const ACCEPTED = defineSearchAttributeKey('AlpacaAccepted', SearchAttributeType.INT);
export const COST_USD = defineSearchAttributeKey('AlpacaCostUsd', SearchAttributeType.DOUBLE);

export const SEARCH_ATTRIBUTES = [STAGE, STATE, MODEL, ACCEPTED, COST_USD] as const;

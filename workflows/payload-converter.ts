import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/** What stands for a payload that cannot be read: no schema takes it. */
const UNREADABLE = { unreadable: true };

/**
 * Of workflows: a payload that is not what it says it is reaches whoever parses it, as one that says nothing. Thrown
 * here it would fail the workflow's task, again and again: one such signal would stop a run for ever.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, ...rest) => defaultPayloadConverter.toPayload(value, ...rest),
  fromPayload<Value>(payload: Payload): Value {
    try {
      return defaultPayloadConverter.fromPayload<Value>(payload);
    } catch {
      return UNREADABLE as Value;
    }
  },
};

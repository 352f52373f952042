import { z } from 'zod';
import type { Role } from '../../runs/access/visitor.ts';

/** Where the API is. */
export const API = '/api/v1';

/** Bytes of a body: an input has at most 512 KiB of JSON, which may be written wider. */
export const LARGEST_API_BODY = 1 << 20;

/**
 * One operation of the API: what it takes and what it answers. The routes check requests by it, and the OpenAPI
 * description is made of it.
 */
export interface Operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  /** of generated clients: the name of the call */
  id: string;
  method: 'GET' | 'POST';
  /** beneath `/api/v1`, with its parameters as `{name}` */
  path: string;
  summary: string;
  /** the least that whoever asks must have; what a start or an update may cost can take more */
  role: Role;
  params: Params;
  query: Query;
  /** null: it takes none */
  body: Body | null;
  /** true: whoever sends it again with the same `Idempotency-Key` has it done once */
  isIdempotent: boolean;
  answer: OperationAnswer;
}

interface OperationAnswer {
  status: 200 | 201 | 202;
  what: string;
  /** null: it is no JSON */
  schema: z.ZodType | null;
  /** where it is no JSON */
  type?: string;
  /** what it may answer beside that and problems, by status */
  others?: Readonly<Record<number, { what: string; type?: string }>>;
  headers?: Readonly<Record<string, string>>;
}

const nothing = z.strictObject({});

type Given<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = Pick<
  Operation,
  'id' | 'path' | 'summary' | 'role' | 'answer'
> &
  Partial<Operation<Params, Query, Body>>;

export function operation<
  Params extends z.ZodObject = typeof nothing,
  Query extends z.ZodObject = typeof nothing,
  Body extends z.ZodType = z.ZodNull,
>(given: Given<Params, Query, Body>): Operation<Params, Query, Body> {
  const none = nothing as z.ZodObject;
  return {
    ...{ method: 'GET', params: none as Params, query: none as Query, body: null, isIdempotent: false },
    ...given,
  };
}

/** Of an answer that goes on: its schema is that of each event's `data`. */
export const EVENT_STREAM = 'text/event-stream';

/** What a client sends to have a request done once. */
export const IDEMPOTENCY_KEY = 'idempotency-key';
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 visible characters of ASCII');

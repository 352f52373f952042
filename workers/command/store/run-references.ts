import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { artifactDigests } from '../../../activities/artifacts/uri.ts';
import { AlpacaError } from '../../../activities/errors.ts';

/** What the runs on a Temporal server refer to. */
export interface RunReferences {
  workflowIds: Set<string>;
  /** of artifacts that a history names: an input, a result, anything in between */
  digests: Set<string>;
}

/** Payloads that can be read for the uris in them. */
const READABLE = new Set(['json/plain', 'json/protobuf', 'binary/null']);

/**
 * Reads the history of every run that the server knows, open or closed.
 *
 * @throws AlpacaError Configuration where a payload is encrypted or compressed: what it refers to is unknown
 */
export async function readRunReferences(client: Client): Promise<RunReferences> {
  const found: RunReferences = { workflowIds: new Set(), digests: new Set() };
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory().catch(nullIfDeleted);
    if (history === null) continue;
    found.workflowIds.add(workflowId);
    for (const digest of digestsIn(history)) found.digests.add(digest);
  }
  return found;
}

/** A deleted run is listed for a while. */
function nullIfDeleted(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

/** The artifacts that any payload within a message names. */
export function* digestsIn(message: unknown): Generator<string> {
  if (message instanceof Uint8Array) {
    yield* artifactDigests(Buffer.from(message).toString('utf8'));
  } else if (typeof message === 'string') {
    yield* artifactDigests(message);
  } else if (typeof message === 'object' && message !== null) {
    checkReadable(message);
    for (const part of Object.values(message)) yield* digestsIn(part);
  }
}

function checkReadable(message: object): void {
  const encoding = 'metadata' in message && 'data' in message ? encodingOf(message.metadata) : null;
  if (encoding === null || READABLE.has(encoding)) return;
  throw new AlpacaError('Configuration', `A run has a payload of the encoding ${encoding}.`, {
    remedy: 'What it refers to cannot be read, so nothing is pruned.',
  });
}

function encodingOf(metadata: unknown): string | null {
  if (typeof metadata !== 'object' || metadata === null || !('encoding' in metadata)) return null;
  return metadata.encoding instanceof Uint8Array ? Buffer.from(metadata.encoding).toString('utf8') : null;
}

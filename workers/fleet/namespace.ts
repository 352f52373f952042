import { SearchAttributeType } from '@temporalio/common';
import { z } from 'zod';
import type { LogLevel } from '../../activities/log.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';

/**
 * What a worker asks of its namespace before it works, with no more than a namespace's own rights: Temporal
 * Cloud has no OperatorService for them.
 */
export interface NamespaceCalls {
  /** counts the workflows that a query finds, or fails as gRPC does */
  count(query: string): Promise<unknown>;
}

export interface NamespaceAddress {
  /** host and port of the Temporal server */
  address: string;
  namespace: string;
}

type SearchAttribute = (typeof SEARCH_ATTRIBUTES)[number];

export interface CheckedAttributes {
  missing: readonly SearchAttribute[];
  /** why the question was not answered; null where it was */
  unchecked: string | null;
}

/** gRPC's INVALID_ARGUMENT: an attribute that the namespace lacks makes a query invalid, and is named. */
const INVALID = 3;

/** Finds what the namespace lacks, by counting workflows by every attribute. */
export async function checkSearchAttributes(calls: NamespaceCalls): Promise<CheckedAttributes> {
  const refusal = await refusalOf(calls, SEARCH_ATTRIBUTES);
  if (refusal === null) return { missing: [], unchecked: null };
  const missing: SearchAttribute[] = [];
  for (const attribute of refusal.code === INVALID ? SEARCH_ATTRIBUTES : []) {
    const own = await refusalOf(calls, [attribute]);
    if (own?.code === INVALID && own.reason.includes(attribute.name)) missing.push(attribute);
  }
  return { missing, unchecked: missing.length === 0 ? refusal.reason : null };
}

/** The worker's connection has what the server says in `message`, the client's in `details`. */
const grpcFailure = z.object({ code: z.int(), details: z.string(), message: z.string() });

async function refusalOf(calls: NamespaceCalls, attributes: readonly SearchAttribute[]) {
  try {
    await calls.count(attributes.map(({ name }) => `${name} IS NULL`).join(' AND '));
    return null;
  } catch (error) {
    const found = grpcFailure.safeParse(error);
    if (found.success) return { code: found.data.code, reason: found.data.details || found.data.message };
    return { code: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** How the types are called by `temporal`, by `tcld` and by Temporal's pages. */
const TYPE_NAME: Partial<Record<SearchAttributeType, string>> = {
  [SearchAttributeType.KEYWORD]: 'Keyword',
  [SearchAttributeType.INT]: 'Int',
  [SearchAttributeType.DOUBLE]: 'Double',
};

export function typeName({ type }: SearchAttribute): string {
  return TYPE_NAME[type] ?? type;
}

/** The command that registers attributes on the server that lacks them. */
export function registerRemedy(
  { address, namespace }: NamespaceAddress,
  missing: readonly SearchAttribute[],
): string {
  if (isCloud(address)) {
    const each = missing.map((found) => `--search-attribute ${found.name}=${typeName(found)}`);
    return `Register them: tcld namespace search-attributes add --namespace ${namespace} ${each.join(' ')}, or at ${cloudPage(namespace)}`;
  }
  const each = missing.map((found) => `--name ${found.name} --type ${typeName(found)}`);
  return `Register them: temporal operator search-attribute create --address ${address} --namespace ${namespace} ${each.join(' ')}`;
}

/** Temporal Cloud's endpoints: of a namespace, of a region, and those for API keys. */
function isCloud(address: string): boolean {
  return /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address);
}

function cloudPage(namespace: string): string {
  return `https://cloud.temporal.io/namespaces/${namespace}`;
}

export interface ServerAbilities {
  version: string;
  /** it counts what waits by priority; whether it is fair within one cannot be seen */
  hasPriorities: boolean;
}

/** What is to be known of `priority` and `fairnessKey` on this server. */
export function schedulingNotice(
  { address, namespace }: NamespaceAddress,
  { version, hasPriorities }: ServerAbilities,
): { level: LogLevel; message: string } {
  if (!hasPriorities)
    return {
      level: 'warn',
      message: `The Temporal server ${version} heeds neither \`priority\` nor \`fairnessKey\`: work waits in the order of its arrival.`,
    };
  const where = isCloud(address)
    ? `Fairness is on for the namespace ${namespace} (${cloudPage(namespace)})`
    : 'the server has matching.enableFairness on';
  return {
    level: 'info',
    message: `\`fairnessKey\` does nothing unless ${where}, which cannot be asked of it.`,
  };
}

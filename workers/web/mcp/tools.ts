import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { log } from '../../../activities/log.ts';
import type { Visitor } from '../../runs/access/visitor.ts';
import { explain, serverSaid } from '../../runs/explain.ts';
import type { FollowedRuns } from '../../runs/followed-runs.ts';
import type { RunSource } from '../../runs/runs.ts';
import type { RunSteering } from '../../runs/steering.ts';

/** What tools work with. */
export interface AgentSources {
  runs: RunSource;
  steering: RunSteering;
  /** by `agentRun` */
  followed: FollowedRuns;
  store: ArtifactStore;
  chat: ChatPlace;
}

/** Where runs' models are served, in OpenAI's protocol. */
export interface ChatPlace {
  /** without `/v1`; null where nothing serves them */
  url: string | null;
  /** what it asks for; null where it asks for nothing */
  token: string | null;
}

/** Who asks, and where his tools find what they work with, which may be opened for each call. */
export interface Agent {
  visitor: Visitor;
  use<Result>(work: (sources: AgentSources) => Promise<Result>): Promise<Result>;
}

/** What a tool is to a client that decides whether to ask a person first. */
interface Hints {
  readOnlyHint: boolean;
  /** true: what it ends or overwrites does not come back */
  destructiveHint: boolean;
  /** true: called again with the same, it changes nothing more */
  idempotentHint: boolean;
  /** true: it reaches what is beyond this installation, such as a teacher that costs money */
  openWorldHint: boolean;
}

export const READS: Hints = {
  ...{ readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
};
export const CHANGES: Hints = { ...READS, readOnlyHint: false };

interface Tool<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  /** for models: what it does, when to call it, what it costs */
  what: string;
  hints: Hints;
  input: Input;
  output: Output;
  work(
    asked: z.output<Input>,
    sources: AgentSources,
    visitor: Visitor,
  ): Promise<{ text: string; output: z.output<Output> }>;
}

/** Characters: a model reads every answer whole, and pays for it. */
const LONGEST_TEXT = 24_000;

/** Adds a tool, whose failures are answers that say what to do. */
export function addTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  server: McpServer,
  { visitor, use }: Agent,
  { name, what, hints, input, output: form, work }: Tool<Input, Output>,
): void {
  const call = async (asked: unknown): Promise<CallToolResult> => {
    try {
      const { text, output } = await use((sources) => work(input.parse(asked), sources, visitor));
      return { content: [{ type: 'text', text: cut(text) }], structuredContent: { ...output } };
    } catch (error) {
      const explained = explain(error);
      if (explained.status === 500) log.failure(error, serverSaid(error));
      return { isError: true, content: [{ type: 'text', text: explained.message }] };
    }
  };
  const config = { description: what, annotations: hints, inputSchema: input, outputSchema: form };
  server.registerTool<z.ZodObject, z.ZodObject>(name, config, call);
}

function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}\n… cut here`;
}

export const runName = z
  .string()
  .min(1)
  .max(1000)
  .describe('A workflow id, as start_run and list_runs give it, or the run id of one of its runs');

import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { AlpacaError } from '../../../activities/errors.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { foundTooLittle } from '../../find-run.ts';
import { requireRole } from '../../runs/access/visitor.ts';
import type { RunView } from '../../runs/runs.ts';
import { type Agent, type AgentSources, addTool, READS, runName } from './tools.ts';

/** The tools that look at what a run has made. */
export function addResultTools(server: McpServer, agent: Agent): void {
  addTool(server, agent, {
    name: 'read_report',
    what: 'What a completed run of the whole recipe came to, as text: yield, cost, held-out rows with what was wanted and got, losses, win rate; of `data` and `model` also their cards, with how they were made and their limits.',
    hints: READS,
    input: z.strictObject({
      run: runName,
      part: z.enum(['summary', ...Object.keys(CARDS)] as ['summary', ...CardName[]]).default('summary'),
    }),
    output: z.strictObject({
      workflowId: z.string(),
      text: z.string(),
      rows: z.int(),
      costUsd: z.number(),
      loss: z
        .strictObject({ before: z.number(), after: z.number() })
        .describe('Held out, nats per target token'),
      dataset: z.string().describe('An artifact:// uri'),
      model: z.string().describe('An artifact:// uri; ask_model takes the workflow id'),
    }),
    work: async ({ run: id, part }, sources) => {
      const run = await sources.runs.view(id);
      const result = completed(run);
      const text =
        part === 'summary' ? await summaryOf(run, result, sources) : await cardOf(result, part, sources);
      const { rows, costUsd, train, dataset } = result;
      const output = {
        ...{ workflowId: run.workflowId, text, rows, costUsd },
        loss: { before: train.loss.before, after: train.loss.after },
        ...{ dataset: dataset.uri, model: train.model.uri },
      };
      return { text, output };
    },
  });
  addTool(server, agent, {
    name: 'ask_model',
    what: 'Ask a model that a run has trained, by the run’s workflow id, or the untrained base, `builtin`. Costs nothing; the answer is that model’s, and may be wrong.',
    hints: { ...READS, idempotentHint: false },
    input: z.strictObject({
      model: z.string().min(1).max(1000).describe('A workflow id, or builtin'),
      question: z.string().min(1).max(20_000),
      maxTokens: z.int().min(1).max(2048).default(256),
      temperature: z.number().min(0).max(2).default(0),
    }),
    output: z.strictObject({ answer: z.string(), finishReason: z.string() }),
    work: async (asked, { chat }, visitor) => {
      requireRole(visitor, 'run');
      // What reads answers is loaded by whoever asks for one, as the summary is.
      const { answerOf } = await import('./ask-model.ts');
      const output = await answerOf(chat, asked);
      return { text: output.answer, output };
    },
  });
}

/** In the release that a run writes. */
const CARDS = { data: 'README.md', model: 'model/README.md' } as const;
type CardName = keyof typeof CARDS;

function completed(run: RunView): AlpacaResult {
  const { id, workflow, workflowId, closedAt, status, failure, result, wholeResult } = run;
  if (result !== null) return result;
  if (closedAt === null)
    throw new AlpacaError('NotFound', `${id} goes on, and has no report yet.`, {
      remedy: 'Follow it with follow_run until it has ended.',
    });
  if (workflow === 'alpaca' && status === 'COMPLETED' && wholeResult === null)
    throw new AlpacaError('NotFound', foundTooLittle(workflowId), {
      remedy: 'A later run of its schedule that trains has a report; list_runs has them.',
    });
  throw new AlpacaError(
    'NotFound',
    `${id} is a ${workflow} workflow, ${status.toLowerCase()}${failure === null ? '' : ` (${failure})`}, and has no report.`,
    { remedy: 'Only a completed run of alpaca has one; list_runs has them.' },
  );
}

async function summaryOf(
  { workflowId, runId }: RunView,
  result: AlpacaResult,
  { store }: AgentSources,
): Promise<string> {
  const { summarize, summaryText } = await import('../../runs/summary.ts');
  const place = { workflowId, runId, uiUrl: null };
  return summaryText(await summarize(result, place, store, ({ uri }) => uri));
}

async function cardOf({ release }: AlpacaResult, card: CardName, { store }: AgentSources): Promise<string> {
  return (await store.readPart(release.release, CARDS[card])).toString('utf8');
}

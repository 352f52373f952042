import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { controlState } from '../../../workflows/contracts/progress.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { STARTS } from '../../../workflows/decisions/start/starts.ts';
import { STARTABLE, type Startable } from '../../runs/startable.ts';
import { RUN_UPDATES, type RunUpdate } from '../../runs/updates.ts';
import { WrongFields } from '../../runs/wrong-fields.ts';
import { apiListedRun } from '../api/api-routes.ts';
import { estimateAnswer, listedRun, listRuns, startedRun } from '../api/operations.ts';
import { agentRun, agentRunOf, agentRunText } from './agent-run.ts';
import { changeOf } from './follow.ts';
import { type Agent, addTool, CHANGES, READS, runName } from './tools.ts';

const input = z
  .looseObject({})
  .default({})
  .describe(
    'The workflow’s input without its budget; {} is a whole run, free and small. describe_settings says what there is. ' +
      'Files are artifact:// uris, as `npx alpaca import FILE` prints them',
  );

/** The tools that start runs, follow and change them. */
export function addRunTools(server: McpServer, agent: Agent): void {
  addTool(server, agent, {
    name: 'estimate_run',
    what: 'What a run of the whole recipe with that input would take: requests, tokens, dollars, hours, with 95% intervals. Sends nothing, costs nothing. Call it before start_run.',
    hints: READS,
    input: z.strictObject({ input }),
    output: estimateAnswer,
    work: async (asked, { steering }, visitor) => {
      const output = await steering.estimate(visitor, asked.input);
      return { text: output.lines.join('\n'), output };
    },
  });
  addStart(server, agent);
  addTool(server, agent, {
    name: 'list_runs',
    what: 'Runs, the latest first.',
    hints: READS,
    input: listRuns.query.pick({ workflow: true, status: true, standing: true }).extend({
      limit: z.int().min(1).max(100).default(20),
    }),
    output: z.strictObject({ runs: z.array(listedRun) }),
    work: async (asked, { runs }) => {
      const found = (await runs.list(asked)).map(apiListedRun);
      const lines = found.map(({ workflowId, workflow, status, standing, stage, startedAt, costUsd }) =>
        [workflowId, workflow, standing ?? status, stage, startedAt, costUsd === null ? null : usd(costUsd)]
          .filter((part) => part !== null)
          .join('  '),
      );
      return { text: lines.join('\n') || 'There is no such run.', output: { runs: found } };
    },
  });
  addTool(server, agent, {
    name: 'follow_run',
    what: 'How a run stands. Answers at once, or with waitSeconds when its stage or state changes, it ends or the time is over.',
    hints: READS,
    input: z.strictObject({
      run: runName,
      waitSeconds: z.int().min(0).max(MOST_SECONDS).default(0).describe('A run takes minutes to days'),
    }),
    output: agentRun,
    work: async ({ run, waitSeconds }, sources) => {
      if (waitSeconds > 0) await changeOf(sources.followed, run, waitSeconds * 1000);
      const view = await sources.runs.view(run);
      return { text: agentRunText(view), output: agentRunOf(view) };
    },
  });
  for (const { name, update } of CONTROLS) addControl(server, agent, name, update);
  addTool(server, agent, {
    name: 'cancel_run',
    what: 'Ask a run to end in order. What it has made stays in the store; the run itself cannot be taken up again.',
    hints: { ...CHANGES, destructiveHint: true },
    input: z.strictObject({ run: runName }),
    output: z.strictObject({ workflowId: z.string() }),
    work: async ({ run }, { steering }, visitor) => {
      await steering.cancel(visitor, run);
      return { text: `${run} is asked to end; follow_run says when it has.`, output: { workflowId: run } };
    },
  });
}

/** Below the minute that clients give a call. */
const MOST_SECONDS = 50;

/** A budget is said in every call, so that no money is granted by leaving something out. */
function addStart(server: McpServer, agent: Agent): void {
  const { usdPerDay } = agent.visitor;
  const budget = STARTS.alpaca.input.shape.budgetUsd.unwrap().unwrap();
  addTool(server, agent, {
    name: 'start_run',
    what: 'Start a run, which goes on by itself and survives crashes. It may spend budgetUsd dollars at the most: 0 asks nobody who costs money. Ask the user before granting more than 0.',
    hints: { ...CHANGES, idempotentHint: false, openWorldHint: true },
    input: z.strictObject({
      workflow: z.enum(STARTABLE).default('alpaca').describe('alpaca is the whole recipe, any other a step'),
      budgetUsd: (usdPerDay === null ? budget : budget.max(usdPerDay)).describe(
        `Hard cap in dollars${usdPerDay === null ? '' : `; all that is granted in a day (UTC) is ${usd(usdPerDay)} at the most`}`,
      ),
      input,
      key: z
        .string()
        .min(1)
        .max(255)
        .nullable()
        .default(null)
        .describe('Names this start: sent again with the same input it starts nothing new'),
    }),
    output: startedRun,
    work: async ({ workflow, budgetUsd, input: given, key }, { steering }, visitor) => {
      const output = await steering.start(visitor, {
        ...{ workflow, key },
        input: withBudget(workflow, given, budgetUsd),
      });
      return { text: `Started ${output.workflowId}. next: follow_run`, output };
    },
  });
}

/** @throws WrongFields where the budget is said twice, or of a step that spends nothing */
function withBudget(workflow: Startable, given: Record<string, unknown>, budgetUsd: number): unknown {
  if ('budgetUsd' in given)
    throw new WrongFields('The input', [
      { path: ['budgetUsd'], problem: 'budgetUsd is said beside the input: expected none in it' },
    ]);
  if (budgetUsd === 0) return given;
  if (!('budgetUsd' in STARTS[workflow].input.shape))
    throw new WrongFields('The call', [
      {
        path: ['budgetUsd'],
        problem: `budgetUsd is ${budgetUsd}: expected 0, since ${workflow} spends nothing`,
      },
    ]);
  return { ...given, budgetUsd };
}

const CONTROLS: { name: string; update: RunUpdate }[] = [
  { name: 'pause_run', update: 'pause' },
  { name: 'resume_run', update: 'resume' },
  { name: 'stop_generating', update: 'stopEarly' },
  { name: 'set_budget', update: 'setBudget' },
];

function addControl(server: McpServer, agent: Agent, name: string, update: RunUpdate): void {
  const { what } = RUN_UPDATES[update];
  const body: z.ZodObject = RUN_UPDATES[update].body;
  addTool(server, agent, {
    name,
    what,
    hints: { ...CHANGES, destructiveHint: update === 'stopEarly', openWorldHint: update === 'setBudget' },
    input: z.strictObject({ run: runName, ...body.shape }),
    output: controlState,
    work: async ({ run, ...said }, { steering }, visitor) => {
      const answer = await steering.update(visitor, runName.parse(run), {
        name: update,
        body: said,
        key: null,
      });
      const output = controlState.parse(answer);
      return { text: JSON.stringify(output), output };
    },
  });
}
